package aerostat.mmio.bus;

import java.util.concurrent.locks.ReentrantLock;

/**
 * SKELETON (owner: mmio-memory). Guest-physical windows of devices. Takes the machine lock around
 * each access.
 */
public final class MmioBus {
  public MmioBus(ReentrantLock machineLock) {}

  /** Maps a window; overlap with another window is an IllegalArgumentException. */
  public void map(String name, long base, long size, MmioDevice device) {
    throw new UnsupportedOperationException();
  }

  /**
   * @throws aerostat.mmio.memory.GuestAddressException where no device is mapped
   */
  public long read(long gpa, int width) {
    throw new UnsupportedOperationException();
  }

  public void write(long gpa, int width, long value) {
    throw new UnsupportedOperationException();
  }
}
