package aerostat.guest.kernel;

import aerostat.guest.machine.Memory;
import aerostat.guest.machine.Ops;

/** kernel/irq: 32 level-triggered lines, one handler each; line 0 is the timer. */
public final class Irq {
  private Irq() {}

  public static final int NONE = 0;
  public static final int HANDLED = 1;

  /** Lines. */
  public static final int NR_IRQS = 32;

  static final int DESC_SIZE = 32;
  private static final int DATA = 8;
  private static final int COUNT = 16;
  private static final int UNHANDLED = 24;

  /** An unhandled line cannot be masked, so after this many in a row the kernel gives up. */
  private static final int MAX_UNHANDLED = 99_900;

  private static final int EINVAL = 22;
  private static final int EBUSY = 16;

  private static long desc(int irq) {
    return KernelData.IRQ_DESCS + (long) irq * DESC_SIZE;
  }

  /** request_irq: 0, or a negative error number. */
  public static int request(int irq, IrqHandler handler, long data) {
    if (irq <= 0 || irq >= NR_IRQS) {
      return -EINVAL;
    }
    if (Memory.load64(desc(irq)) != 0) {
      return -EBUSY;
    }
    Memory.store64(desc(irq) + DATA, data);
    Memory.store64(desc(irq), Ops.id(handler));
    return 0;
  }

  /** free_irq. */
  public static void free(int irq) {
    Memory.store64(desc(irq), 0);
  }

  /** Interrupts that were taken on this line. */
  public static long count(int irq) {
    return Memory.load64(desc(irq) + COUNT);
  }

  /** One interrupt, with interrupts disabled. */
  static void handle(int irq) {
    long desc = desc(irq);
    Memory.store64(desc + COUNT, Memory.load64(desc + COUNT) + 1);
    if (irq == 0) {
      Clock.interrupt();
      return;
    }
    long handler = Memory.load64(desc);
    int result =
        handler == 0 ? NONE : Ops.<IrqHandler>of(handler).handle(irq, Memory.load64(desc + DATA));
    if (result == HANDLED) {
      Memory.store32(desc + UNHANDLED, 0);
    } else {
      unhandled(irq, desc);
    }
  }

  private static void unhandled(int irq, long desc) {
    int n = Memory.load32(desc + UNHANDLED) + 1;
    Memory.store32(desc + UNHANDLED, n);
    if (n == MAX_UNHANDLED) {
      Printk.pr(Printk.EMERG, "irq %d: nobody cared\n", irq);
      Panic.panic("interrupt line stays high");
    }
  }
}
