package aerostat.guest.balloon;

import aerostat.guest.balloon.variant.BalloonVariants;
import aerostat.guest.kernel.CString;
import aerostat.guest.kernel.Jiffies;
import aerostat.guest.kernel.Kthread;
import aerostat.guest.kernel.NumberParser;
import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.Sched;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Slab;
import aerostat.guest.virtio.VirtioBus;
import aerostat.guest.virtio.VirtioDevice;
import aerostat.guest.virtio.VirtioIds;

/**
 * Unbinds one variant and binds another in a running guest, which Linux does by sysfs's unbind,
 * driver_override and bind: {@code virtio_balloon.rebind=NAME@SECONDS}, any number of times, in the
 * order of their times; seconds since boot.
 */
public final class Rebind {
  private Rebind() {}

  private static final String PARAM = "virtio_balloon.rebind";
  private static final int NAME_SIZE = 32;

  static void init() {
    if (Params.has(PARAM) && Kthread.run(Rebind::thread, 0, "balloon-rebind") == null) {
      Printk.err("virtio_balloon: cannot have a thread for %s\n", CString.of(PARAM).address());
    }
  }

  static int thread(long data) {
    long name = Slab.kzalloc(NAME_SIZE, Gfp.GFP_KERNEL);
    int at = Params.find(PARAM, 0);
    while (at >= 0) {
      CString value = Params.valueAt(at);
      if (value == null || !step(value, name)) {
        Params.invalid(CString.of(PARAM), value);
      }
      at = Params.find(PARAM, at + 1);
    }
    Slab.kfree(name);
    return 0;
  }

  private static boolean step(CString value, long name) {
    long mark = value.find('@');
    if (mark == 0 || mark - value.address() >= NAME_SIZE) {
      return false;
    }
    CString seconds = new CString(mark + 1);
    long end = NumberParser.skip(seconds);
    if (end == seconds.address() || new CString(end).at(0) != 0) {
      return false;
    }
    var unused = CString.copy(name, value, (int) (mark - value.address()) + 1);
    BalloonVariant variant = BalloonVariants.byName(new CString(name));
    if (variant == null) {
      return false;
    }
    long left = NumberParser.value(seconds) * Jiffies.HZ - Jiffies.now();
    if (left > 0) {
      Sched.msleep(left);
    }
    to(variant);
    return true;
  }

  /** Gives every balloon on the bus this variant. In process context. */
  public static void to(BalloonVariant variant) {
    BalloonVariants.override(variant);
    VirtioDevice device = VirtioBus.first();
    while (device != null) {
      if (device.deviceId() == VirtioIds.ID_BALLOON) {
        VirtioBus.unbind(device);
        VirtioBus.bind(device);
      }
      device = device.next();
    }
  }
}
