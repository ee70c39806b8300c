package aerostat.vmm.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import aerostat.mmio.memory.GuestMemory;
import java.lang.foreign.MemorySegment;

/**
 * Stores of loops that mark the dirty log behind their last trip, and those marks; only the
 * rewriter's {@code LateMarks} calls them. A part of the template that {@link Intrinsics} is.
 */
public final class UnmarkedStores {
  private static final long RAM_BASE = GuestMemory.RAM_BASE;
  private static final long WRITABLE_BASE = Intrinsics.WRITABLE_BASE;
  private static final MemorySegment WRITABLE = Intrinsics.WRITABLE;

  private UnmarkedStores() {}

  public static void storeUnmarked8(long address, int value) {
    try {
      WRITABLE.set(JAVA_BYTE, address - WRITABLE_BASE, (byte) value);
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("store", address, 1);
    }
  }

  public static void storeUnmarked16(long address, int value) {
    try {
      WRITABLE.set(Intrinsics.SHORT_ANY, address - WRITABLE_BASE, (short) value);
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("store", address, 2);
    }
  }

  public static void storeUnmarked32(long address, int value) {
    try {
      WRITABLE.set(Intrinsics.INT_ANY, address - WRITABLE_BASE, value);
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("store", address, 4);
    }
  }

  public static void storeUnmarked64(long address, long value) {
    try {
      WRITABLE.set(Intrinsics.LONG_ANY, address - WRITABLE_BASE, value);
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("store", address, 8);
    }
  }

  /**
   * Marks what a loop has stored: its first trip at {@code a} and the bytes after it, its last one
   * at {@code b}, the others in between.
   */
  public static void markSpan(long a, long b, int bytes) {
    Intrinsics.markPages(Math.min(a, b) - RAM_BASE, Math.max(a, b) - RAM_BASE + bytes - 1);
  }

  /** As {@link #markSpan}, for a loop whose trip at {@code b} faulted, perhaps outside RAM. */
  public static void markFaultedSpan(long a, long b, int bytes) {
    long first = Math.max(Math.min(a, b), WRITABLE_BASE);
    long last = Math.min(Math.max(a, b) + bytes, RAM_BASE + Intrinsics.RAM.byteSize()) - 1;
    if (first <= last) {
      Intrinsics.markPages(first - RAM_BASE, last - RAM_BASE);
    }
  }
}
