package aerostat.devices.console;

import java.nio.charset.StandardCharsets;

/** Keeps the newest bytes of the console in memory, so many and no more; thread-safe. */
public final class ConsoleBuffer implements ConsoleSink {
  private final byte[] ring;
  private long written;

  /**
   * @param capacity bytes kept, at least 1
   */
  public ConsoleBuffer(int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity " + capacity);
    }
    ring = new byte[capacity];
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) {
    for (int i = 0; i < length; i++) {
      ring[(int) (written++ % ring.length)] = bytes[offset + i];
    }
  }

  /** What is kept, oldest first, as Latin-1. */
  public synchronized String text() {
    int kept = (int) Math.min(written, ring.length);
    byte[] bytes = new byte[kept];
    for (int i = 0; i < kept; i++) {
      bytes[i] = ring[(int) ((written - kept + i) % ring.length)];
    }
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /** Bytes written so far, those that were dropped included. */
  public synchronized long written() {
    return written;
  }
}
