/**
 * The handover, in which exactly one VM runs: both sides as pure state machines, {@link
 * aerostat.vmm.migration.handover.HandoverSource} and {@link
 * aerostat.vmm.migration.handover.HandoverDestination} (events in, actions out), and the source's
 * driver, which comes back until it is settled who owns the guest. Knows transport, wire and the
 * counters; neither pages nor a machine.
 *
 * <pre>{@code
 * S (source)                                D (destination)
 * pause vCPU; stop hinting; final sync
 * FINAL(uuid, epoch, digest, running)    ->
 *                                           load, verify, build the VM, paused
 *                                        <- READY(uuid, epoch, digest)
 *                                           D is WAITING before the first byte of READY
 * state := GIVEN, before the first byte
 * COMMIT(uuid, epoch)                    ->
 *                                           state := OWNER, run
 *                                        <- STARTED(uuid, epoch)
 * state := COMPLETED, free the RAM
 *
 * before GIVEN:      ABORT(uuid)         -> D discards
 * after a reconnect: QUERY(uuid)         -> OWNER | WAITING | UNKNOWN | DISCARDED
 *                                        <- QUERY: OWNER | GIVEN | ABORTED | UNKNOWN
 * }</pre>
 *
 * <p>Version rule: a build of version N speaks N and reads N and N−1.
 *
 * <p>Legal pairs while both processes live, each of which a reconnect resolves: S runs and D has
 * nothing; S runs (ABORTED) and D is WAITING; S is GIVEN and D is WAITING; S is GIVEN and D runs; S
 * is COMPLETED and D runs. Illegal: both run; neither holds the guest; S is GIVEN to a D that holds
 * nothing. With processes killed: {@link aerostat.vmm.migration.faults.EndState}.
 */
@NullMarked
package aerostat.vmm.migration.handover;

import org.jspecify.annotations.NullMarked;
