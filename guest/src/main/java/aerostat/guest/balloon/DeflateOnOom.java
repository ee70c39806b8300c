package aerostat.guest.balloon;

import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.kernel.CString;
import aerostat.guest.kernel.NotifierBlock;
import aerostat.guest.kernel.NotifierHead;
import aerostat.guest.kernel.Params;
import aerostat.guest.mm.Oom;
import aerostat.guest.mm.Shrinker;
import aerostat.guest.mm.ShrinkerOps;

/**
 * DEFLATE_ON_OOM in its eras (CLASSIC-16): {@code virtio_balloon.oom=notifier}, to 4.19 and again
 * from 5.7 on, or {@code shrinker}, in between. {@code virtio_balloon.oom_pages} was a parameter of
 * the first era; its default is what later ones always take.
 */
final class DeflateOnOom {
  private DeflateOnOom() {}

  private static final String ERA = "virtio_balloon.oom";

  /** Without the feature a shortage leaves the balloon alone (CLASSIC-18). */
  static void register(Balloon vb) {
    if (!vb.device().hasFeature(BalloonIds.F_DEFLATE_ON_OOM)) {
      return;
    }
    long pages = Params.number("virtio_balloon.oom_pages", BalloonIds.OOM_PAGES);
    vb.setOomPages((int) Math.min(Math.max(pages, 1), BalloonIds.PFNS_MAX));
    ShrinkerOps shrinker = era(vb.variant());
    vb.setOomByShrinker(shrinker != null);
    if (shrinker != null) {
      vb.oomShrinker().register(shrinker, vb.address(), Shrinker.DEFAULT_SEEKS, 0);
    } else {
      vb.oomBlock().setup(DeflateOnOom::notified, BalloonIds.OOM_PRIORITY, vb.address());
      Oom.registerNotifier(vb.oomBlock());
    }
  }

  private static ShrinkerOps era(BalloonVariant variant) {
    CString era = Params.get(ERA);
    if (era == null) {
      return variant.deflateShrinker();
    }
    if (era.is("shrinker")) {
      ShrinkerOps own = variant.deflateShrinker();
      return own == null ? new BalloonShrinker() : own;
    }
    if (!era.is("notifier")) {
      Params.invalid(ERA);
    }
    return null;
  }

  static void unregister(Balloon vb) {
    if (!vb.device().hasFeature(BalloonIds.F_DEFLATE_ON_OOM)) {
      return;
    }
    if (vb.oomByShrinker()) {
      vb.oomShrinker().unregister();
    } else {
      Oom.unregisterNotifier(vb.oomBlock());
    }
  }

  /** virtio_balloon_oom_notify: once at most 256 balloon pages (CLASSIC-17). */
  static int notified(NotifierBlock block, long action, long data) {
    Balloon vb = new Balloon(block.data());
    // Allocator pages, as mm counts; they are as large as balloon pages whatever P is here.
    store64(data, load64(data) + Inflate.leak(vb, vb.oomPages()));
    Inflate.updateActual(vb);
    return NotifierHead.OK;
  }
}
