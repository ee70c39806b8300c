package aerostat.mmio.mock;

import aerostat.mmio.bus.MmioDevice;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** Passes register accesses on and keeps the newest ones, so many and no more. */
public final class RecordingRegisters implements MmioDevice {
  private final MmioDevice inner;
  private final int capacity;
  private final ArrayDeque<RegisterAccess> accesses = new ArrayDeque<>();

  /**
   * @param capacity accesses kept, at least 1
   */
  public RecordingRegisters(MmioDevice inner, int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity " + capacity);
    }
    this.inner = inner;
    this.capacity = capacity;
  }

  @Override
  public long read(long offset, int width) {
    long value = inner.read(offset, width);
    record(new RegisterAccess(false, offset, width, value));
    return value;
  }

  @Override
  public void write(long offset, int width, long value) {
    record(new RegisterAccess(true, offset, width, value));
    inner.write(offset, width, value);
  }

  private synchronized void record(RegisterAccess access) {
    if (accesses.size() == capacity) {
      accesses.removeFirst();
    }
    accesses.addLast(access);
  }

  public synchronized List<RegisterAccess> accesses() {
    return new ArrayList<>(accesses);
  }

  /** Values written to one register, in order. */
  public List<Long> written(int register) {
    return accesses().stream()
        .filter(a -> a.write() && a.offset() == register)
        .map(RegisterAccess::value)
        .toList();
  }

  public synchronized void clear() {
    accesses.clear();
  }
}
