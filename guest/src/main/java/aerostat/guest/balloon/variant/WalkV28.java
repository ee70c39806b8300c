package aerostat.guest.balloon.variant;

import static aerostat.guest.machine.Memory.load32;
import static aerostat.guest.machine.Memory.store32;

import aerostat.guest.balloon.BalloonIds;
import aerostat.guest.balloon.HintChannel;
import aerostat.guest.balloon.HintVariant;
import aerostat.guest.balloon.Hinting;
import aerostat.guest.kernel.CString;
import aerostat.guest.kernel.Errno;
import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.Sched;
import aerostat.guest.mm.FreeBlocks;
import aerostat.guest.mm.Page;
import aerostat.guest.virtio.VirtioRing;
import aerostat.guest.virtio.Virtqueue;

/**
 * Generation 2 (WALK rules): the free lists are walked under the zone's lock and nothing is
 * allocated, so a hinted page may be in use before the host reads of it. Two parameters: {@code
 * virtio_balloon.kick=v22|v24|none} (WALK-06; v28 has none: the device polls) and {@code
 * virtio_balloon.hints=first} (blocks in the first round of a migration only; later commands are
 * answered without any).
 *
 * <p>Layout of the variant's data: +0 the one buffer for start and stop ids (WALK-09), +4 kick
 * policy, +8 first round only, +12 rounds since DONE.
 */
record WalkV28() implements HintVariant {
  private static final int KICK = 4;
  private static final int FIRST_ONLY = 8;
  private static final int ROUNDS = 12;

  private static final int KICK_NONE = 0;
  private static final int KICK_V22 = 22;
  private static final int KICK_V24 = 24;

  /** The walk ends because the host asked for it. */
  private static final int STOPPED = 1;

  @Override
  public String name() {
    return "walk-v28";
  }

  @Override
  public long features() {
    return BalloonIds.classicAnd(BalloonIds.F_FREE_PAGE_HINT);
  }

  private static long data(Hinting h) {
    return h.balloon().variantData();
  }

  @Override
  public void hintAttach(Hinting h) {
    store32(data(h) + KICK, kickPolicy());
    store32(data(h) + FIRST_ONLY, firstOnly() ? 1 : 0);
    store32(data(h) + ROUNDS, 0);
  }

  private static int kickPolicy() {
    CString kick = Params.get("virtio_balloon.kick");
    if (kick == null || kick.is("none")) {
      return KICK_NONE;
    }
    if (!kick.is("v22") && !kick.is("v24")) {
      Params.invalid("virtio_balloon.kick");
      return KICK_NONE;
    }
    return kick.is("v22") ? KICK_V22 : KICK_V24;
  }

  private static boolean firstOnly() {
    CString hints = Params.get("virtio_balloon.hints");
    if (hints == null || hints.is("all")) {
      return false;
    }
    if (!hints.is("first")) {
      Params.invalid("virtio_balloon.hints");
    }
    return hints.is("first");
  }

  @Override
  public void hintDetach(Hinting h) {}

  @Override
  public void done(Hinting h) {
    store32(data(h) + ROUNDS, 0);
  }

  /** Nothing is held, so nothing is to be done. */
  @Override
  public void used(Hinting h, long token) {}

  /** report_free_page_func: an error is logged and the next step still taken. */
  @Override
  public void command(Hinting h, int id) {
    h.setActiveId(id);
    int error = send(h, id);
    if (error != 0) {
      HintChannel.log(h, HintChannel.NO_START, error);
    }
    int round = load32(data(h) + ROUNDS);
    store32(data(h) + ROUNDS, round + 1);
    if (round == 0 || load32(data(h) + FIRST_ONLY) == 0) {
      error = FreeBlocks.walk(0, WalkV28::block, h.address());
      if (error < 0) {
        HintChannel.log(h, HintChannel.NO_PAGE, error);
      }
      Printk.info(
          "virtio_balloon virtio%d: free lists walked, lock held for at most %lu us\n",
          h.balloon().device().index(), FreeBlocks.longestHold() / 1000);
    }
    error = send(h, BalloonIds.CMD_STOP);
    if (error != 0) {
      HintChannel.log(h, HintChannel.NO_STOP, error);
    }
    // The same id again begins another round (WALK-08); the merged driver remembers it.
    h.setActiveId(BalloonIds.CMD_STOP);
    drain(h);
  }

  private static int send(Hinting h, int id) {
    store32(data(h), id);
    h.lock().lock();
    HintChannel.detachUsed(h);
    int error = HintChannel.sendId(h, data(h));
    h.lock().unlock();
    return error;
  }

  /** virtio_balloon_send_free_pages, one block, under the zone's lock (WALK-02, WALK-05). */
  static int block(long pfn, long count, long data) {
    Hinting h = new Hinting(data);
    if (!HintChannel.current(h, h.activeId())) {
      return STOPPED;
    }
    HintChannel.detachUsed(h);
    Virtqueue q = h.queue();
    if (q.isBroken()) {
      return -Errno.EIO;
    }
    if (q.free() <= 1) {
      return 0; // the last entry is kept for an id; a hint that is lost does no harm
    }
    long start = pfn << Page.PAGE_SHIFT;
    int error = VirtioRing.addInbuf(q, start, (int) (count << Page.PAGE_SHIFT), start);
    if (error == 0 && wantsKick(q, load32(data(h) + KICK))) {
      var unused = VirtioRing.kick(q);
    }
    return error;
  }

  private static boolean wantsKick(Virtqueue q, int policy) {
    int half = q.size() / 2;
    return policy == KICK_V22 ? q.free() == half : policy == KICK_V24 && q.free() < half;
  }

  /** Until all entries are back (WALK-07); v28 spins, and the device may need this very CPU. */
  private static void drain(Hinting h) {
    while (!isDrained(h) && !h.balloon().isStopped()) {
      Sched.msleep(HintChannel.PAUSE_MS);
    }
  }

  private static boolean isDrained(Hinting h) {
    h.lock().lock();
    HintChannel.detachUsed(h);
    boolean drained = h.queue().free() == h.queue().size() || h.queue().isBroken();
    h.lock().unlock();
    return drained;
  }
}
