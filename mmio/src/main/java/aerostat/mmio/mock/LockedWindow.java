package aerostat.mmio.mock;

import aerostat.mmio.bus.MmioDevice;
import java.util.concurrent.locks.ReentrantLock;

/** A window whose accesses hold the machine lock, as the bus's do. */
public record LockedWindow(MmioDevice inner, ReentrantLock lock) implements MmioDevice {
  @Override
  public long read(long offset, int width) {
    lock.lock();
    try {
      return inner.read(offset, width);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void write(long offset, int width, long value) {
    lock.lock();
    try {
      inner.write(offset, width, value);
    } finally {
      lock.unlock();
    }
  }
}
