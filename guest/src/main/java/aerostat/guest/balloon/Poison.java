package aerostat.guest.balloon;

import aerostat.guest.mm.MemInit;
import aerostat.guest.mm.PagePoisoning;
import aerostat.guest.virtio.VirtioDevice;

/** PAGE_POISON, the driver's side (POISON-01 to POISON-05). */
public final class Poison {
  private Poison() {}

  private static final long EVERY_BYTE = 0x0101_0101;

  /**
   * The device need not know of poison if freed pages are not filled; and if it cannot know
   * although they are, it must not be told of free pages, because it would turn their bytes into
   * zeros (POISON-05, EDGE-32).
   */
  public static void validate(VirtioDevice device) {
    if (!PagePoisoning.enabled() && !MemInit.wantInitOnFree()) {
      device.clearFeature(BalloonIds.F_PAGE_POISON);
    } else if (!device.hasFeature(BalloonIds.F_PAGE_POISON)) {
      device.clearFeature(BalloonIds.F_REPORTING);
    }
  }

  /** poison_val: what freed pages hold, the same in every byte (POISON-02, POISON-03). */
  static int value() {
    return MemInit.wantInitOnFree() ? 0 : (int) (PagePoisoning.PAGE_POISON * EVERY_BYTE);
  }

  /** Before DRIVER_OK, and again when a reset has made the device forget it (EDGE-31). */
  public static void tell(Balloon vb) {
    if (vb.device().hasFeature(BalloonIds.F_PAGE_POISON)) {
      vb.device().configWrite32(BalloonIds.CONFIG_POISON_VAL, value());
    }
  }
}
