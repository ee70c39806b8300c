package aerostat.guest.kernel;

import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;

/** A string in guest memory: Latin-1 bytes and a NUL, at most 4,096 long (lib/string.c). */
public record CString(long address) {
  /** A constant string's bytes. */
  public static CString of(String constant) {
    return new CString(Cpu.string(constant));
  }

  /** Zero-extended byte, 0 at the end. */
  public int at(int index) {
    return Memory.load8(address + index);
  }

  /** strlen. */
  @Bounded(4097)
  public int length() {
    int n = 0;
    while (Memory.load8(address + n) != 0) {
      n++;
    }
    return n;
  }

  /** strcmp() == 0. */
  @Bounded(4097)
  public boolean same(CString other) {
    int i = 0;
    int c = Memory.load8(address);
    while (c != 0 && c == Memory.load8(other.address() + i)) {
      i++;
      c = Memory.load8(address + i);
    }
    return c == Memory.load8(other.address() + i);
  }

  /** Whether this is the text of {@code constant}. */
  public boolean is(String constant) {
    return same(of(constant));
  }

  /** Whether this begins with the text of {@code prefix}. */
  @Bounded(4097)
  public boolean startsWith(CString prefix) {
    int i = 0;
    int c = Memory.load8(prefix.address());
    while (c != 0) {
      if (c != Memory.load8(address + i)) {
        return false;
      }
      i++;
      c = Memory.load8(prefix.address() + i);
    }
    return true;
  }

  /** strchr: address of the first {@code wanted}, or 0. */
  @Bounded(4097)
  public long find(int wanted) {
    int i = 0;
    int c = Memory.load8(address);
    while (c != wanted) {
      if (c == 0) {
        return 0;
      }
      i++;
      c = Memory.load8(address + i);
    }
    return address + i;
  }

  /** strscpy: copies at most {@code size - 1} bytes and a NUL; returns the bytes copied. */
  @Bounded(4097)
  public static int copy(long target, CString source, int size) {
    int n = 0;
    int c = source.at(0);
    while (c != 0 && n < size - 1) {
      Memory.store8(target + n, c);
      n++;
      c = source.at(n);
    }
    Memory.store8(target + n, 0);
    return n;
  }
}
