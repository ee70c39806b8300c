package aerostat.mmio.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Marks of one range that a device writes again and again, such as a used ring: they come into the
 * {@link DirtyLog} when somebody looks at it.
 *
 * <p>A card is a byte, and the cards of 64 neighbouring pages share a cache line. A device that
 * marks its used ring and a vCPU that marks the available ring beside it would take that line from
 * each other with every element, which costs more than the element itself. Here the device writes a
 * line of its own.
 *
 * <p>No write is lost, for the same reason as with cards: the note is a release store after the
 * data, unconditional; whoever takes it (an atomic get-and-clear) and then reads the page sees the
 * data.
 */
public final class LateMark {
  private static final VarHandle PENDING;

  static {
    try {
      PENDING = MethodHandles.lookup().findVarHandle(LateMark.class, "pending", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final DirtyLog log;

  @SuppressWarnings("UnusedVariable") // PENDING's
  private boolean pending;

  private long gpa;
  private long length;

  LateMark(DirtyLog log) {
    this.log = log;
  }

  /**
   * The range was written, wholly or in part; after the data. One thread at a time.
   *
   * @param rangeGpa first byte of all that is ever written here, not only now
   * @throws GuestAddressException if it is not in RAM
   */
  public void written(long rangeGpa, long rangeLength) {
    if (rangeGpa != gpa || rangeLength != length) {
      settle();
      log.require(rangeGpa, rangeLength);
      gpa = rangeGpa;
      length = rangeLength;
    }
    PENDING.setRelease(this, true);
  }

  boolean isPending() {
    return (boolean) PENDING.getAcquire(this);
  }

  /** Moves the note into the log. */
  void settle() {
    if (isPending() && (boolean) PENDING.getAndSet(this, false)) {
      log.mark(gpa, length);
    }
  }
}
