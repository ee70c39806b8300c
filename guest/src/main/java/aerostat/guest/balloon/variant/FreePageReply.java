package aerostat.guest.balloon.variant;

import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.Scatterlist;
import aerostat.guest.kernel.WorkStruct;
import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;
import aerostat.guest.mm.DropCaches;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Slab;
import aerostat.guest.mm.Zone;
import aerostat.guest.virtio.VirtioRing;

/** Answers a request for free pages: the bitmap, in one piece or in many (BITMAP-04 to -06). */
final class FreePageReply {
  private FreePageReply() {}

  /**
   * Longest time that the zone's lock waits for the device, ns: a device may not hang the guest.
   */
  private static final long MAX_HOLD_NS = 1_000_000_000L;

  private static final long LAST = 1;
  private static final long FAILED = -1;

  /** free_pages_handle_rq. */
  static void work(WorkStruct work) {
    FreePageRequest r = FreePageRequest.ofWork(work);
    drop(r.drop());
    boolean served = r.extended() ? inChunks(r) : asPosted(r);
    if (!served) {
      return;
    }
    int error = r.post();
    if (error != 0) {
      say(r, "virtio_balloon virtio%d: free_pages: cannot add buffer, err = %d\n", error);
    }
    var unused = VirtioRing.kick(r.queue());
  }

  /** drop_cache: bit 0 page cache, bit 1 slab. */
  private static void drop(int caches) {
    if ((caches & 1) != 0) {
      var unused = DropCaches.dropPagecache();
    }
    if ((caches & 2) != 0) {
      DropCaches.dropSlab();
    }
  }

  private static void say(FreePageRequest r, String what, int value) {
    if (r.balloon().errorLimit().allows()) {
      Printk.warn(what, r.balloon().device().index(), value);
    }
  }

  /**
   * update_free_pages_stats: the old bitmap is cleared only if the new one is smaller, else it is
   * made anew; without memory there is none.
   */
  private static void provide(FreePageBitmap map, long bytes) {
    if (map.bits() != 0 && bytes < map.bytes()) {
      Memory.fill(map.bits(), bytes, 0);
      map.set(map.bits(), bytes);
      return;
    }
    Slab.kfree(map.bits());
    long bits = bytes > Integer.MAX_VALUE ? 0 : Slab.kzalloc((int) bytes, Gfp.GFP_KERNEL);
    map.set(bits, bits == 0 ? 0 : bytes);
  }

  /** As posted in 2016: one bitmap of all pages, the lock let go before it is sent. */
  private static boolean asPosted(FreePageRequest r) {
    // The series did not wait; but the device may still read the last reply.
    if (!r.awaitReplied()) {
      return false;
    }
    FreePageBitmap map = r.bitmap();
    provide(map, FreePageBitmap.bytesForAll());
    long start = Cpu.now();
    if (map.bytes() != 0) {
      int flags = Zone.lockAll();
      map.build(0);
      Zone.unlockAll(flags);
    }
    tell(r, map.found(), Cpu.now() - start);
    store64(r.header(), map.bytes());
    // Two pieces even for a bitmap of no length: the series did not look.
    return send(r, 2);
  }

  /** As the reviewers wanted it: request id, pieces, and a lock that is kept. */
  private static boolean inChunks(FreePageRequest r) {
    long all = FreePageBitmap.bytesForAll();
    long chunk = Math.min(r.chunk(), all);
    FreePageBitmap map = r.bitmap();
    provide(map, chunk);
    long found = 0;
    long longest = 0;
    boolean good = true;
    for (long at = 0; at < all && good; at += chunk) {
      map.set(map.bits(), map.bits() == 0 ? 0 : Math.min(chunk, all - at));
      boolean last = map.bytes() == 0 || at + map.bytes() >= all;
      long held = one(r, at * 8, last);
      good = held != FAILED;
      longest = Math.max(longest, held);
      found += map.found();
      if (last) {
        break;
      }
    }
    tell(r, found, longest);
    return good;
  }

  /**
   * One reply. With the lock kept, the used buffer is looked for here, since interrupts are off;
   * without, this thread sleeps until bitmap and header can be used again. How long the lock was
   * held, ns, or {@link #FAILED}.
   */
  private static long one(FreePageRequest r, long firstPfn, boolean last) {
    FreePageBitmap map = r.bitmap();
    boolean keep = !r.balloon().device().hasFeature(Bitmap2016.F_DROP_LOCK);
    Memory.fill(map.bits(), map.bytes(), 0);
    int flags = Zone.lockAll();
    long start = Cpu.now();
    map.build(firstPfn);
    long held = Cpu.now() - start;
    if (!keep) {
      Zone.unlockAll(flags);
    }
    store64(r.header(), map.bytes());
    store64(r.header() + 8, r.id());
    store64(r.header() + 16, firstPfn);
    store64(r.header() + 24, last ? LAST : 0);
    boolean sent = send(r, map.bytes() == 0 ? 1 : 2);
    var unused = VirtioRing.kick(r.queue());
    if (keep) {
      boolean used = sent && awaitUsed(r);
      held = Cpu.now() - start;
      Zone.unlockAll(flags);
      return used ? held : FAILED;
    }
    return sent && r.awaitReplied() ? held : FAILED;
  }

  /** Under the zone's lock. */
  private static boolean awaitUsed(FreePageRequest r) {
    long end = Cpu.now() + MAX_HOLD_NS;
    while (r.replyOut() && !r.queue().isBroken() && Cpu.now() < end) {
      var unused = r.takeUsed(r.queue());
      Cpu.safepoint();
    }
    if (r.replyOut()) {
      say(r, "virtio_balloon virtio%d: free_pages: lock let go after %d ms\n", 1000);
    }
    return !r.replyOut();
  }

  /** Queues header and, with two pieces, bitmap. False if the queue does not take them. */
  private static boolean send(FreePageRequest r, int pieces) {
    Scatterlist sg = r.pieces();
    sg.set(r.header(), r.headerBytes());
    sg.at(1).set(r.bitmap().bits(), (int) r.bitmap().bytes());
    int flags = Cpu.irqSave();
    int error = VirtioRing.addSgs(r.queue(), sg, pieces, 0, r.address());
    r.setReplyOut(error == 0);
    Cpu.irqRestore(flags);
    if (error != 0) {
      say(r, "virtio_balloon virtio%d: free_pages: cannot add reply, err = %d\n", error);
    }
    return error == 0;
  }

  private static void tell(FreePageRequest r, long found, long ns) {
    Printk.info(
        "virtio_balloon virtio%d: free page bitmap: %lu pages, lock held for at most %lu us\n",
        r.balloon().device().index(), found, ns / 1000);
  }
}
