/**
 * Live migration and snapshots, as QMP stands on them: {@link
 * aerostat.vmm.migration.MigrationService}, its rehearsal, and moves inside one process.
 *
 * <p>Each room knows only those above it in this list, and of these what its own page says;
 * ModuleArrowsTest holds that.
 *
 * <ul>
 *   <li>{@link aerostat.vmm.migration.transport}: bytes between processes
 *   <li>{@link aerostat.vmm.migration.wire}: messages
 *   <li>{@link aerostat.vmm.migration.control}: parameters and counters
 *   <li>{@link aerostat.vmm.migration.guest}: the machine as a migration sees it
 *   <li>{@link aerostat.vmm.migration.tls}: certificates
 *   <li>{@link aerostat.vmm.migration.handover}: exactly one owner, with its diagram
 *   <li>{@link aerostat.vmm.migration.pages}: dirty, hinted and free pages, sent and placed
 *   <li>{@link aerostat.vmm.migration.postcopy}: pages that come after their guest
 *   <li>{@link aerostat.vmm.migration.source}: the way out
 *   <li>{@link aerostat.vmm.migration.destination}: the way in
 *   <li>{@link aerostat.vmm.migration.snapshot}: a guest in a file
 *   <li>this one
 *   <li>{@link aerostat.vmm.migration.faults}: fault plans, played with all of the above
 * </ul>
 */
@NullMarked
package aerostat.vmm.migration;

import org.jspecify.annotations.NullMarked;
