package aerostat.tools.explore.agent;

import aerostat.guest.kernel.Sched;
import aerostat.guest.machine.Io;
import aerostat.guest.machine.Memory;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Page;
import aerostat.guest.mm.PageAlloc;
import aerostat.guest.workload.Workloads;

/**
 * The guest's program that is explored: does what the explorer's window tells it, one thing at a
 * time. Reading {@link #COMMAND} is a point at which every other thread of the guest sleeps.
 */
public final class Agent {
  private Agent() {}

  /** The explorer's window, 4 KiB. */
  public static final long WINDOW = 0x0b00_0000L;

  // Registers.
  public static final int COMMAND = 0;
  public static final int ADDRESS = 4;
  public static final int VALUE = 8;
  public static final int RESULT = 12;
  public static final int BLOCKS = 16;
  public static final int IN_USE = 20;

  // Commands.
  /** Lets the others run until they sleep. */
  public static final int RUN = 0;

  /** Takes a block, reclaiming if need be; RESULT is its page number, or 0. */
  public static final int TAKE = 1;

  /** Writes VALUE to the first word of page ADDRESS. */
  public static final int WRITE = 2;

  /** Frees the block at page ADDRESS. */
  public static final int FREE = 3;

  /** Starts the workloads of the command line. */
  public static final int WORKLOADS = 4;

  /** log2 of the pages of a block: what is hinted. */
  public static final int ORDER = 10;

  private static final int STACK_ORDER = 2;

  /** Fails rather than call for the OOM killer. */
  private static final int GFP = Gfp.GFP_KERNEL | Gfp.__GFP_NORETRY | Gfp.__GFP_NOWARN;

  static void serve() {
    while (true) {
      Io.writel(blocksInUse(), WINDOW + IN_USE);
      obey(Io.readl(WINDOW + COMMAND));
    }
  }

  /** Bit i: the (i+1)th block of RAM is in somebody's hands. */
  private static int blocksInUse() {
    int blocks = Io.readl(WINDOW + BLOCKS);
    int used = 0;
    for (int i = 0; i < blocks; i++) {
      if (Page.ofPfn(Page.BASE_PFN + ((long) (i + 1) << ORDER)).refcount() != 0) {
        used |= 1 << i;
      }
    }
    return used;
  }

  private static void obey(int command) {
    if (command == RUN) {
      Sched.msleep(2);
    } else if (command == TAKE) {
      Page page = PageAlloc.allocPages(GFP, ORDER);
      Io.writel(page == null ? 0 : (int) page.pfn(), WINDOW + RESULT);
      if (page != null) {
        write(page);
      }
    } else if (command == WRITE) {
      write(addressed());
    } else if (command == FREE) {
      PageAlloc.freePages(addressed(), ORDER);
    } else if (command == WORKLOADS) {
      // Freed to the per-CPU list (MM-07), where it waits for the stack of the workload's thread:
      // that should not be in the memory that may be lost.
      PageAlloc.freePages(PageAlloc.allocPages(GFP, STACK_ORDER), STACK_ORDER);
      Workloads.start();
    }
  }

  private static Page addressed() {
    return Page.ofPfn(Integer.toUnsignedLong(Io.readl(WINDOW + ADDRESS)));
  }

  private static void write(Page page) {
    Memory.store32(page.virtual(), Io.readl(WINDOW + VALUE));
  }
}
