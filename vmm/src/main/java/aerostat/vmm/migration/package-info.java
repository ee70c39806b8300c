/**
 * Live migration: the wire, precopy rounds, and a handover in which exactly one VM runs.
 *
 * <p>Layers, each of which knows only those above it in this list: {@link
 * aerostat.vmm.migration.WireHeader} and {@link aerostat.vmm.migration.MessageType} (bytes), {@link
 * aerostat.vmm.migration.HandoverSource} and {@link aerostat.vmm.migration.HandoverDestination}
 * (pure state machines: events in, actions out), the sender and the loader (pages and state), and
 * {@link aerostat.vmm.migration.MigrationService} (what QMP stands on).
 *
 * <h2>The handover</h2>
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
package aerostat.vmm.migration;
