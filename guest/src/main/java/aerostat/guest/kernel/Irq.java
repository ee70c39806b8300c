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
  private static final int LAST_UNHANDLED = 28;

  /** After this many that nobody wants, close to each other, the handler is not called any more. */
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
    Memory.store32(desc(irq) + UNHANDLED, 0);
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
    if (Memory.load32(desc + UNHANDLED) == MAX_UNHANDLED) {
      return;
    }
    IrqHandler handler = Ops.of(Memory.load64(desc));
    if (handler != null && handler.handle(irq, Memory.load64(desc + DATA)) == HANDLED) {
      Memory.store32(desc + UNHANDLED, 0);
    } else {
      unhandled(irq, desc);
    }
  }

  /**
   * note_interrupt: one that comes a tenth of a second after the last begins the count anew. The
   * machine cannot mask a line; one that stays high costs an interrupt at each safepoint, but no
   * handler and no panic.
   */
  private static void unhandled(int irq, long desc) {
    int now = (int) Jiffies.now();
    boolean late = now - Memory.load32(desc + LAST_UNHANDLED) > Jiffies.HZ / 10;
    int n = late ? 1 : Memory.load32(desc + UNHANDLED) + 1;
    Memory.store32(desc + UNHANDLED, n);
    Memory.store32(desc + LAST_UNHANDLED, now);
    if (n == MAX_UNHANDLED) {
      Printk.pr(Printk.EMERG, "irq %d: nobody cared\n", irq);
      Printk.pr(Printk.EMERG, "Disabling IRQ #%d\n", irq);
      IrqHandler handler = Ops.of(Memory.load64(desc));
      if (handler != null) {
        handler.disabled(irq, Memory.load64(desc + DATA));
      }
    }
  }
}
