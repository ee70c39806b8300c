package aerostat.guest.machine;

import aerostat.guest.plain.PlainBarriers;
import aerostat.guest.plain.PlainMachine;

/**
 * Loads and stores of guest-physical memory, little-endian, any alignment. Outside RAM: a guest
 * fault.
 */
public final class Memory {
  private Memory() {}

  /** Zero-extended byte. */
  @Intrinsic
  public static int load8(long address) {
    return PlainMachine.load8(address);
  }

  /** Zero-extended 16 bits. */
  @Intrinsic
  public static int load16(long address) {
    return PlainMachine.load16(address);
  }

  @Intrinsic
  public static int load32(long address) {
    return PlainMachine.load32(address);
  }

  @Intrinsic
  public static long load64(long address) {
    return PlainMachine.load64(address);
  }

  @Intrinsic
  public static void store8(long address, int value) {
    PlainMachine.store8(address, value);
  }

  @Intrinsic
  public static void store16(long address, int value) {
    PlainMachine.store16(address, value);
  }

  @Intrinsic
  public static void store32(long address, int value) {
    PlainMachine.store32(address, value);
  }

  @Intrinsic
  public static void store64(long address, long value) {
    PlainMachine.store64(address, value);
  }

  /**
   * Naturally aligned, else a fault. True when {@code expected} was there and {@code value} is now.
   */
  @Intrinsic
  public static boolean compareAndSwap32(long address, int expected, int value) {
    return PlainMachine.compareAndSwap32(address, expected, value);
  }

  /**
   * Naturally aligned, else a fault. True when {@code expected} was there and {@code value} is now.
   */
  @Intrinsic
  public static boolean compareAndSwap64(long address, long expected, long value) {
    return PlainMachine.compareAndSwap64(address, expected, value);
  }

  /** Linux's mb() and virtio_mb(). */
  @Intrinsic
  public static void mb() {
    PlainBarriers.mb();
  }

  /** Linux's rmb() and virtio_rmb(). */
  @Intrinsic
  public static void rmb() {
    PlainBarriers.rmb();
  }

  /** Linux's wmb() and virtio_wmb(). */
  @Intrinsic
  public static void wmb() {
    PlainBarriers.wmb();
  }

  /** At most {@link #BLOCK} bytes; use {@link #fill} for more. */
  @Intrinsic
  public static void fillBlock(long address, int length, int value) {
    PlainMachine.fillBlock(address, length, value);
  }

  /** At most {@link #BLOCK} bytes, as memmove; use {@link #copy} for more. */
  @Intrinsic
  public static void copyBlock(long target, long source, int length) {
    PlainMachine.copyBlock(target, source, length);
  }

  /** At most {@link #BLOCK} bytes. Offset of the first byte that differs, or -1. */
  @Intrinsic
  public static int mismatchBlock(long a, long b, int length) {
    return PlainMachine.mismatchBlock(a, b, length);
  }

  /** At most {@link #BLOCK} bytes. Offset of the first byte that is not {@code value}, or -1. */
  @Intrinsic
  public static int findOtherBlock(long address, int length, int value) {
    return PlainMachine.findOtherBlock(address, length, value);
  }

  /** Most bytes that one block operation touches; between two blocks there is a safepoint. */
  public static final int BLOCK = 65536;

  /** memset. Can be stopped after every {@link #BLOCK} bytes. */
  public static void fill(long address, long length, int value) {
    for (long done = 0; done < length; done += BLOCK) {
      fillBlock(address + done, (int) Math.min(length - done, BLOCK), value);
    }
  }

  /** memcpy of ranges that do not overlap. Can be stopped after every {@link #BLOCK} bytes. */
  public static void copy(long target, long source, long length) {
    for (long done = 0; done < length; done += BLOCK) {
      copyBlock(target + done, source + done, (int) Math.min(length - done, BLOCK));
    }
  }

  /** Whether both ranges hold the same bytes. */
  public static boolean equal(long a, long b, long length) {
    for (long done = 0; done < length; done += BLOCK) {
      if (mismatchBlock(a + done, b + done, (int) Math.min(length - done, BLOCK)) >= 0) {
        return false;
      }
    }
    return true;
  }

  /** Whether the range holds only zero bytes. */
  public static boolean isZero(long address, long length) {
    for (long done = 0; done < length; done += BLOCK) {
      if (findOtherBlock(address + done, (int) Math.min(length - done, BLOCK), 0) >= 0) {
        return false;
      }
    }
    return true;
  }
}
