/**
 * Snapshots: a guest in a file. The file is sparse, RAM lies in it at fixed offsets, so a restore
 * maps it privately and reads a page only when the guest touches it. {@link
 * aerostat.vmm.migration.snapshot.SnapshotHeader} has the layout. {@link
 * aerostat.vmm.migration.snapshot.OutgoingSnapshot} writes one of a guest that runs, with the
 * source's pause and the dirty pages of a migration. Knows source, pages, guest, control, wire and
 * transport; no connection and no handover.
 */
@NullMarked
package aerostat.vmm.migration.snapshot;

import org.jspecify.annotations.NullMarked;
