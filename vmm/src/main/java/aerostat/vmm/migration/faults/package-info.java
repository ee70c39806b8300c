/**
 * Fault plans for the handover: a plan names a few moments of a migration (a message, or a byte of
 * the handover) and what goes wrong at each, and is played with the production code of both sides
 * in one process, over memory.
 *
 * <p>{@link aerostat.vmm.migration.faults.FaultPlan} says what happens when; {@link
 * aerostat.vmm.migration.faults.PlanRun} plays one; {@link
 * aerostat.vmm.migration.faults.FaultReport} counts the ends. {@link
 * aerostat.vmm.migration.faults.EndState} lists the legal ends; everything else is illegal.
 */
@NullMarked
package aerostat.vmm.migration.faults;

import org.jspecify.annotations.NullMarked;
