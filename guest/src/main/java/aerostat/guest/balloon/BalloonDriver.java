package aerostat.guest.balloon;

import aerostat.guest.balloon.variant.BalloonVariants;
import aerostat.guest.kernel.Errno;
import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Printk;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.MemoryFailure;
import aerostat.guest.mm.Page;
import aerostat.guest.mm.Slab;
import aerostat.guest.virtio.VirtioBus;
import aerostat.guest.virtio.VirtioDevice;
import aerostat.guest.virtio.VirtioDriver;
import aerostat.guest.virtio.VirtioIds;

/**
 * The balloon driver's entry points (virtio_balloon.c); what follows probe is {@link BalloonPm}.
 */
public record BalloonDriver() implements VirtioDriver {
  /** module_init. */
  public static void init() {
    int error = VirtioBus.registerDriver(new BalloonDriver());
    if (error != 0) {
      Printk.err("virtio_balloon: cannot register, err = %d\n", error);
    }
    Rebind.init();
  }

  @Override
  public String name() {
    return "virtio_balloon";
  }

  @Override
  public int deviceId() {
    return VirtioIds.ID_BALLOON;
  }

  @Override
  public long featureTable() {
    BalloonVariant variant = BalloonVariants.chosen();
    return variant == null ? 0 : variant.features();
  }

  /** virtballoon_validate (A.1): real addresses, no indirect tables, and what poison demands. */
  @Override
  public int validate(VirtioDevice device) {
    BalloonVariant variant = BalloonVariants.chosen();
    if (variant == null) {
      Params.invalid(BalloonVariants.PARAM);
      return -Errno.EINVAL;
    }
    device.clearFeature(VirtioIds.F_ACCESS_PLATFORM);
    device.clearFeature(VirtioIds.F_INDIRECT_DESC);
    return variant.validate(device);
  }

  @Override
  public int probe(VirtioDevice device) {
    long memory = Slab.kzalloc(Balloon.SIZE, Gfp.GFP_KERNEL);
    if (memory == 0) {
      return -Errno.ENOMEM;
    }
    Balloon vb = new Balloon(memory);
    vb.init(device);
    vb.setStopped(true); // the queues call back before all is there
    vb.setVariant(BalloonVariants.chosen());
    vb.setPageOrder(pageOrder());
    device.setPriv(memory);
    int error = BalloonPm.setUp(vb);
    if (error != 0) {
      free(vb);
      return error;
    }
    MemoryFailure.setMovableOps(new BalloonMove());
    BalloonPm.start(vb);
    return 0;
  }

  /** The buffers of a lost device lie in it. */
  private static void free(Balloon vb) {
    VirtioDevice device = vb.device();
    device.setPriv(0);
    if (!device.isLost()) {
      Slab.kfree(vb.address());
    }
  }

  /** The guest's page size, as far as the balloon sees it: 4, 16 or 64 KiB (P = 1, 4, 16). */
  private static int pageOrder() {
    long shift = Params.number("page_shift", Page.PAGE_SHIFT);
    if (shift != 12 && shift != 14 && shift != 16) {
      Params.invalid("page_shift");
      return 0;
    }
    return (int) shift - Page.PAGE_SHIFT;
  }

  @Override
  public void configChanged(VirtioDevice device) {
    BalloonPm.changed(Balloon.of(device));
  }

  @Override
  public void remove(VirtioDevice device) {
    Balloon vb = Balloon.of(device);
    MemoryFailure.setMovableOps(null);
    BalloonPm.remove(vb);
    free(vb);
    Printk.info("virtio_balloon virtio%d: removed\n", device.index());
  }

  @Override
  public void freeze(VirtioDevice device) {
    BalloonPm.freeze(Balloon.of(device));
  }

  @Override
  public int restore(VirtioDevice device) {
    return BalloonPm.restore(Balloon.of(device));
  }

  @Override
  public void shutdown(VirtioDevice device) {
    BalloonPm.shutdown(Balloon.of(device));
  }
}
