package aerostat.guest.kernel;

import aerostat.guest.machine.Memory;

/** The page that the VMM fills before boot. */
public record BootParams(long address) {
  static final long MAGIC = 0x544F4F424F524541L;

  public long magic() {
    return Memory.load64(address);
  }

  public long ramBase() {
    return Memory.load64(address + 8);
  }

  public long ramEnd() {
    return Memory.load64(address + 16);
  }

  /** First byte that nothing of the boot occupies, page aligned. */
  public long firstFree() {
    return Memory.load64(address + 24);
  }

  public long commandLine() {
    return Memory.load64(address + 32);
  }

  /** Bytes, at most 2,047. */
  public long commandLineLength() {
    return Memory.load64(address + 40);
  }

  public long consoleBase() {
    return Memory.load64(address + 48);
  }

  public long powerBase() {
    return Memory.load64(address + 56);
  }

  public long stackBase() {
    return Memory.load64(address + 64);
  }

  public long stackSize() {
    return Memory.load64(address + 72);
  }

  public long seed() {
    return Memory.load64(address + 80);
  }

  public long imageSize() {
    return Memory.load64(address + 88);
  }

  /** Interrupt line of the power registers. */
  public int powerIrq() {
    return (int) Memory.load64(address + 96);
  }
}
