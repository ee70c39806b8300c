package aerostat.guest.machine;

import aerostat.guest.plain.PlainMachine;

/** MMIO accessors under Linux's names. An address with no device: a guest fault. */
public final class Io {
  private Io() {}

  @Intrinsic
  public static int readb(long address) {
    return (int) PlainMachine.mmioRead(address, 1);
  }

  @Intrinsic
  public static int readw(long address) {
    return (int) PlainMachine.mmioRead(address, 2);
  }

  @Intrinsic
  public static int readl(long address) {
    return (int) PlainMachine.mmioRead(address, 4);
  }

  @Intrinsic
  public static void writeb(int value, long address) {
    PlainMachine.mmioWrite(address, 1, value);
  }

  @Intrinsic
  public static void writew(int value, long address) {
    PlainMachine.mmioWrite(address, 2, value);
  }

  @Intrinsic
  public static void writel(int value, long address) {
    PlainMachine.mmioWrite(address, 4, value);
  }
}
