package aerostat.guest.workload;

import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Printk;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Page;
import aerostat.guest.mm.Slab;

/**
 * What happens to memory before the workloads start: {@code touch=SIZE} uses so much and frees it
 * again (keeps it with {@code touch.keep=y}), {@code resident=SIZE} fills so much with content that
 * does not compress and keeps it.
 */
final class BootMemory {
  private BootMemory() {}

  static void run() {
    long touch = PageSet.pagesFor(Math.max(Params.number("touch", 0), 0));
    boolean keep = Params.flag("touch.keep", false);
    long resident = PageSet.pagesFor(Math.max(Params.number("resident", 0), 0));
    if (touch > 0) {
      touch(touch, keep);
    }
    if (resident > 0) {
      fill(resident);
    }
  }

  private static Blocks blocks() {
    long memory = Slab.kzalloc(Blocks.SIZE, Gfp.GFP_KERNEL);
    if (memory == 0) {
      return null;
    }
    Blocks blocks = new Blocks(memory);
    blocks.init();
    return blocks;
  }

  private static long mib(long pages) {
    return pages >> (20 - Page.PAGE_SHIFT);
  }

  private static void touch(long pages, boolean keep) {
    Blocks blocks = blocks();
    if (blocks == null) {
      return;
    }
    long left = pages;
    long got = blocks.take(left);
    while (got > 0) {
      touchPages(blocks.newest().virtual(), got);
      left -= got;
      got = left == 0 ? 0 : blocks.take(left);
    }
    long touched = blocks.pages();
    if (left > 0) {
      Printk.warn("touch: no more memory\n");
    }
    if (!keep) {
      blocks.freeAll();
      Slab.kfree(blocks.address());
    }
    Printk.info("touch: touched %lu MiB\n", mib(touched));
  }

  private static void touchPages(long start, long pages) {
    for (long i = 0; i < pages; i++) {
      long page = start + (i << Page.PAGE_SHIFT);
      store64(page, Pattern.mix(page));
    }
  }

  private static void fill(long pages) {
    Blocks blocks = blocks();
    if (blocks == null) {
      return;
    }
    long left = pages;
    long got = blocks.take(left);
    while (got > 0) {
      fillPages(blocks.newest().virtual(), got);
      left -= got;
      got = left == 0 ? 0 : blocks.take(left);
    }
    if (left > 0) {
      Printk.warn("resident: no more memory\n");
    }
    Printk.info("resident: filled %lu MiB\n", mib(blocks.pages()));
  }

  private static void fillPages(long start, long pages) {
    for (long i = 0; i < pages; i++) {
      long page = start + (i << Page.PAGE_SHIFT);
      Pattern.fillPage(page, page);
    }
  }
}
