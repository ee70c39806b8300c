/**
 * The way out: connections, rounds, hints, when to stop the guest, its pause, and its way back.
 * {@link aerostat.vmm.migration.source.OutgoingMigration} is the thread that does all of it, {@link
 * aerostat.vmm.migration.source.Precopy} the rounds. Knows transport, wire, control, guest,
 * handover, pages and postcopy, and nothing of the destination.
 */
@NullMarked
package aerostat.vmm.migration.source;

import org.jspecify.annotations.NullMarked;
