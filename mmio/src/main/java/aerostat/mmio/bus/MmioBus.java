package aerostat.mmio.bus;

import aerostat.mmio.memory.GuestAddressException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;

/** Guest-physical windows of devices. Takes the machine lock around each access. */
public final class MmioBus {
  /** A device's registers in guest-physical space; {@code base + size} does not wrap. */
  public record Window(String name, long base, long size, MmioDevice device) {
    private boolean holds(long gpa, int width) {
      long offset = gpa - base;
      return offset >= 0 && width <= size && offset <= size - width;
    }

    private boolean overlaps(Window other) {
      return base < other.base + other.size && other.base < base + size;
    }
  }

  private final ReentrantLock machineLock;
  private final List<Window> windows = new CopyOnWriteArrayList<>();

  public MmioBus(ReentrantLock machineLock) {
    this.machineLock = machineLock;
  }

  /**
   * Maps a window.
   *
   * @throws IllegalArgumentException if it is empty, wraps around or overlaps another
   */
  public void map(String name, long base, long size, MmioDevice device) {
    if (base < 0 || size <= 0 || base > Long.MAX_VALUE - size) {
      throw new IllegalArgumentException(
          "window %s at 0x%x+0x%x is not a range of addresses".formatted(name, base, size));
    }
    Window window = new Window(name, base, size, device);
    machineLock.lock();
    try {
      for (Window other : windows) {
        if (window.overlaps(other)) {
          throw new IllegalArgumentException(
              "window %s at 0x%x+0x%x overlaps %s".formatted(name, base, size, other.name()));
        }
      }
      windows.add(window);
    } finally {
      machineLock.unlock();
    }
  }

  /** The windows, in the order of their mapping. */
  public List<Window> windows() {
    return List.copyOf(windows);
  }

  /**
   * Reads 1, 2, 4 or 8 bytes; little-endian, zero-extended.
   *
   * @throws GuestAddressException where no device is mapped, or only for part of the width
   */
  public long read(long gpa, int width) {
    Window window = find(gpa, width, "read");
    machineLock.lock();
    try {
      return window.device().read(gpa - window.base(), width);
    } finally {
      machineLock.unlock();
    }
  }

  /**
   * Writes the low 1, 2, 4 or 8 bytes of a value.
   *
   * @throws GuestAddressException where no device is mapped, or only for part of the width
   */
  public void write(long gpa, int width, long value) {
    Window window = find(gpa, width, "write");
    machineLock.lock();
    try {
      window.device().write(gpa - window.base(), width, value);
    } finally {
      machineLock.unlock();
    }
  }

  private Window find(long gpa, int width, String access) {
    if (width != 1 && width != 2 && width != 4 && width != 8) {
      throw new IllegalArgumentException("an access of " + width + " bytes");
    }
    for (Window window : windows) {
      if (window.holds(gpa, width)) {
        return window;
      }
    }
    throw new GuestAddressException(
        "%s of %d bytes at 0x%x: no device".formatted(access, width, gpa));
  }
}
