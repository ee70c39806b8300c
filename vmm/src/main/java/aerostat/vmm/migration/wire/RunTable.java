package aerostat.vmm.migration.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** The payload of PAGES and ZERO: (first page u64, count u32)…, filled in place and used again. */
public final class RunTable {
  /** Bytes of an entry. */
  public static final int ENTRY = 12;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private final byte[] bytes;
  private int count;
  private long lastEnd = -1;

  /** For so many runs. */
  public RunTable(int capacity) {
    this.bytes = new byte[capacity * ENTRY];
  }

  /** The table itself, of which {@link #length} bytes count. */
  public byte[] bytes() {
    return bytes;
  }

  /** Bytes. */
  public int length() {
    return count * ENTRY;
  }

  /** Runs. */
  public int count() {
    return count;
  }

  /** Whether no run fits any more. */
  public boolean full() {
    return (count + 1) * ENTRY > bytes.length;
  }

  public void clear() {
    count = 0;
    lastEnd = -1;
  }

  /** Adds a run; one that continues the last joins it if told so. */
  public void add(long first, int pages, boolean join) {
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

  /** First page of an entry. */
  public static long first(byte[] table, int entry) {
    return (long) LONG.get(table, entry * ENTRY);
  }

  /** Pages of an entry, not checked. */
  public static int pages(byte[] table, int entry) {
    return (int) INT.get(table, entry * ENTRY + 8);
  }
}
