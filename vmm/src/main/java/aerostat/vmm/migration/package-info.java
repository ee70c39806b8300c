/**
 * Live migration: the wire, precopy rounds, and a handover in which exactly one VM runs.
 *
 * <p>Layers, each of which knows only those above it in this list: {@link
 * aerostat.vmm.migration.WireHeader} and {@link aerostat.vmm.migration.MessageType} (bytes), {@link
 * aerostat.vmm.migration.HandoverSource} and {@link aerostat.vmm.migration.HandoverDestination}
 * (pure state machines: events in, actions out), the sender and the loader (pages and state), and
 * {@link aerostat.vmm.migration.MigrationService} (what QMP stands on).
 */
package aerostat.vmm.migration;
