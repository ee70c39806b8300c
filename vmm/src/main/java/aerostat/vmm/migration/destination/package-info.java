/**
 * The way in: listening, who may come, loading and checking a stream, and the guest's first steps.
 * {@link aerostat.vmm.migration.destination.IncomingListener} accepts, {@link
 * aerostat.vmm.migration.destination.StreamLoader} reads up to the handover, {@link
 * aerostat.vmm.migration.destination.IncomingSession} holds the guest until it runs. Knows
 * transport, wire, control, guest, handover, pages and postcopy, and nothing of the source.
 */
@NullMarked
package aerostat.vmm.migration.destination;

import org.jspecify.annotations.NullMarked;
