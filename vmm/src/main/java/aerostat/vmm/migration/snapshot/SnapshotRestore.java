package aerostat.vmm.migration.snapshot;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.state.StateRefusedException;
import aerostat.vmm.migration.guest.GuestHost;
import aerostat.vmm.migration.guest.MovableGuest;
import java.io.IOException;

/**
 * Makes a guest of a snapshot. RAM is a private mapping of the file without a parent: a page is
 * read when it is touched first, and never written back. What diffs say lies over it, see {@link
 * RestorePlan}.
 */
public final class SnapshotRestore {
  private SnapshotRestore() {}

  /**
   * The guest, paused, not installed yet; the caller closes it.
   *
   * @param verify whether the bytes of all pages are checked first
   * @throws IOException if the snapshot does not fit this process, or is unsound; nothing is left
   */
  public static MovableGuest restore(SnapshotChain chain, GuestHost host, boolean verify)
      throws IOException {
    SnapshotFile newest = chain.newest();
    if (verify) {
      chain.verify();
    }
    String conflict = newest.setup().conflict(host.expected());
    if (conflict != null) {
      throw new SnapshotException(conflict);
    }
    byte[] state = newest.state();
    var owners = newest.owners();
    RestorePlan plan = RestorePlan.of(chain);
    MovableGuest guest;
    try {
      guest =
          host.build(
              newest.setup().config(),
              newest.image(),
              bytes ->
                  GuestMemory.privateFiles(
                      chain.base().path(), SnapshotHeader.RAM_OFFSET, bytes, plan.layers()));
    } catch (RuntimeException | OutOfMemoryError e) {
      throw refused("cannot build the guest: " + e.getMessage(), e);
    }
    try {
      conflict = newest.setup().conflict(guest);
      if (conflict != null) {
        throw new SnapshotException(conflict);
      }
      plan.apply(guest.memory());
      guest.flatState().restore(state);
      guest.memory().owners().restore(owners);
      // From here on a mark means that the guest wrote here, as after a migration.
      guest.memory().dirtyLog().clear();
      return guest;
    } catch (IOException e) {
      guest.close();
      throw e;
    } catch (StateRefusedException | IllegalArgumentException e) {
      guest.close();
      throw refused("state refused: " + e.getMessage(), e);
    }
  }

  private static SnapshotException refused(String reason, Throwable cause) {
    SnapshotException refused = new SnapshotException(reason);
    refused.initCause(cause);
    return refused;
  }
}
