/**
 * Snapshots: a guest in a file. The file is sparse, RAM lies in it at fixed offsets, so a restore
 * maps it privately and reads a page only when the guest touches it. {@link
 * aerostat.vmm.migration.snapshot.SnapshotHeader} has the layout.
 */
@NullMarked
package aerostat.vmm.migration.snapshot;

import org.jspecify.annotations.NullMarked;
