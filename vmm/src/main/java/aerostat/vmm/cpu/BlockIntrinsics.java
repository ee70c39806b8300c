package aerostat.vmm.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import aerostat.mmio.memory.GuestMemory;
import java.lang.foreign.MemorySegment;

/** What {@link Intrinsics} does with blocks of guest memory; a part of the template. */
final class BlockIntrinsics {
  /** Most bytes of a block operation, as {@code aerostat.guest.machine.Memory.BLOCK}. */
  private static final int BLOCK = 65536;

  private static final long RAM_BASE = GuestMemory.RAM_BASE;
  private static final long WRITABLE_BASE = Intrinsics.WRITABLE_BASE;
  private static final MemorySegment RAM = Intrinsics.RAM;
  private static final MemorySegment WRITABLE = Intrinsics.WRITABLE;

  private BlockIntrinsics() {}

  static void fill(long address, int length, int value) {
    checkBlock(length);
    try {
      WRITABLE.asSlice(address - WRITABLE_BASE, length).fill((byte) value);
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("fill", address, length);
    }
    markBlock(address, length);
  }

  static void copy(long target, long source, int length) {
    checkBlock(length);
    try {
      MemorySegment.copy(RAM, source - RAM_BASE, WRITABLE, target - WRITABLE_BASE, length);
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address(
          "copy from 0x" + Long.toHexString(source) + ", store", target, length);
    }
    markBlock(target, length);
  }

  private static void markBlock(long address, int length) {
    if (length > 0) {
      Intrinsics.markPages(address - RAM_BASE, address - RAM_BASE + length - 1);
    }
  }

  static int mismatch(long a, long b, int length) {
    checkBlock(length);
    long first = a - RAM_BASE;
    long second = b - RAM_BASE;
    try {
      return (int) MemorySegment.mismatch(RAM, first, first + length, RAM, second, second + length);
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("compare with 0x" + Long.toHexString(b) + ", load", a, length);
    }
  }

  static int findOther(long address, int length, int value) {
    checkBlock(length);
    long offset = address - RAM_BASE;
    long word = (value & 0xffL) * 0x0101_0101_0101_0101L;
    try {
      RAM.asSlice(offset, length); // the whole range is checked, whatever is found first
      int at = 0;
      while (at + 64 <= length && same64(offset + at, word)) {
        at += 64;
      }
      while (at < length && RAM.get(JAVA_BYTE, offset + at) == (byte) value) {
        at++;
      }
      return at < length ? at : -1;
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("scan", address, length);
    }
  }

  private static boolean same64(long offset, long word) {
    return ((RAM.get(Intrinsics.LONG_ANY, offset) ^ word)
            | (RAM.get(Intrinsics.LONG_ANY, offset + 8) ^ word)
            | (RAM.get(Intrinsics.LONG_ANY, offset + 16) ^ word)
            | (RAM.get(Intrinsics.LONG_ANY, offset + 24) ^ word)
            | (RAM.get(Intrinsics.LONG_ANY, offset + 32) ^ word)
            | (RAM.get(Intrinsics.LONG_ANY, offset + 40) ^ word)
            | (RAM.get(Intrinsics.LONG_ANY, offset + 48) ^ word)
            | (RAM.get(Intrinsics.LONG_ANY, offset + 56) ^ word))
        == 0;
  }

  private static void checkBlock(int length) {
    if (length < 0 || length > BLOCK) {
      throw new GuestFault("Block operation of " + length + " bytes, at most " + BLOCK);
    }
  }
}
