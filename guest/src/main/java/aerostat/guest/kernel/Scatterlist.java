package aerostat.guest.kernel;

import static aerostat.guest.machine.Memory.load32;
import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store32;
import static aerostat.guest.machine.Memory.store64;

/** An entry of a table of memory pieces (Linux's struct scatterlist): +0 address, +8 length. */
public record Scatterlist(long address) {
  /** Bytes of one entry. */
  public static final int SIZE = 16;

  /** The entry {@code i} places after this one. */
  public Scatterlist at(int i) {
    return new Scatterlist(address + (long) i * SIZE);
  }

  /** Sets the piece: guest-physical address, length in bytes. */
  public void set(long start, int length) {
    store64(address, start);
    store32(address + 8, length);
  }

  public long start() {
    return load64(address);
  }

  public int length() {
    return load32(address + 8);
  }
}
