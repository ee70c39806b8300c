package aerostat.vmm.migration;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** The payload of PAGES and ZERO: (first page u64, count u32)…, filled in place and used again. */
final class RunTable {
  static final int ENTRY = 12;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private final byte[] bytes;
  private int count;
  private long lastEnd = -1;

  RunTable(int capacity) {
    this.bytes = new byte[capacity * ENTRY];
  }

  byte[] bytes() {
    return bytes;
  }

  int length() {
    return count * ENTRY;
  }

  int count() {
    return count;
  }

  boolean full() {
    return (count + 1) * ENTRY > bytes.length;
  }

  void clear() {
    count = 0;
    lastEnd = -1;
  }

  /** Adds a run; one that continues the last joins it if told so. */
  void add(long first, int pages, boolean join) {
    if (join && first == lastEnd) {
      int at = (count - 1) * ENTRY + 8;
      INT.set(bytes, at, (int) INT.get(bytes, at) + pages);
    } else {
      int at = count++ * ENTRY;
      LONG.set(bytes, at, first);
      INT.set(bytes, at + 8, pages);
    }
    lastEnd = first + pages;
  }

  static long first(byte[] table, int entry) {
    return (long) LONG.get(table, entry * ENTRY);
  }

  static int pages(byte[] table, int entry) {
    return (int) INT.get(table, entry * ENTRY + 8);
  }
}
