package aerostat.guest.balloon.variant;

import aerostat.guest.balloon.BalloonVariant;
import aerostat.guest.kernel.CString;
import aerostat.guest.kernel.KernelData;
import aerostat.guest.kernel.Params;
import aerostat.guest.machine.Memory;
import aerostat.guest.machine.Ops;

/** The variants by their names. */
public final class BalloonVariants {
  private BalloonVariants() {}

  /** Chooses the variant; without it, the user's own if the image has one, else {@link Merged}. */
  public static final String PARAM = "virtio_balloon.variant";

  /** Number of the variant that stands in for the command line's, 0 without (driver_override). */
  private static final long OVERRIDE = KernelData.DRIVERS + 0x400;

  /** The variant number {@code i} from 0 on, null after the last. */
  static BalloonVariant at(int i) {
    return switch (i) {
      case 0 -> new Merged();
      case 1 -> new Merged420();
      case 2 -> new MergedFreeOnStop();
      case 3 -> new WalkV28();
      case 4 -> new ReportingOnly();
      case 5 -> new None();
      case 6 -> new NoBalloon();
      case 7 -> new Bitmap2016();
      default -> i == 8 ? UserVariant.variant() : null;
    };
  }

  /** The variant of this name; null if there is none. */
  public static BalloonVariant byName(CString name) {
    for (int i = 0; at(i) != null; i++) {
      if (name.is(at(i).name())) {
        return at(i);
      }
    }
    return null;
  }

  /** The variant that the next probe takes; null if the command line names one that is not here. */
  public static BalloonVariant chosen() {
    long override = Memory.load64(OVERRIDE);
    if (override != 0) {
      return Ops.of(override);
    }
    CString name = Params.get(PARAM);
    if (name != null) {
      return byName(name);
    }
    BalloonVariant own = UserVariant.variant();
    return own == null ? new Merged() : own;
  }

  /** From now on this variant is taken, whatever the command line says. */
  public static void override(BalloonVariant variant) {
    Memory.store64(OVERRIDE, Ops.id(variant));
  }
}
