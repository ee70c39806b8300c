package aerostat.tools.fuzz;

/** Reads an input as numbers; beyond its end everything is 0, so that every prefix is an input. */
public final class InputBytes {
  private static final long[] INTERESTING = {
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    15,
    16,
    17,
    31,
    63,
    64,
    127,
    128,
    129,
    255,
    256,
    257,
    1023,
    1024,
    1025,
    4095,
    4096,
    4097,
    0x7fff,
    0x8000,
    0x8001,
    0xffff,
    0x10000,
    0x7fff_ffffL,
    0x8000_0000L,
    0xffff_f000L,
    0xffff_fffeL,
    0xffff_ffffL,
    0x1_0000_0000L
  };

  private byte[] bytes = new byte[0];
  private int at;

  /** Begins another input. */
  public void begin(byte[] input) {
    bytes = input;
    at = 0;
  }

  public boolean atEnd() {
    return at >= bytes.length;
  }

  /** 0 to 255. */
  public int u8() {
    return at < bytes.length ? bytes[at++] & 0xff : 0;
  }

  public int u16() {
    return u8() | u8() << 8;
  }

  public int u32() {
    return u16() | u16() << 16;
  }

  public long u64() {
    return (u32() & 0xffff_ffffL) | (long) u32() << 32;
  }

  /** 0 to bound - 1; bound at most 256. */
  public int below(int bound) {
    return u8() % bound;
  }

  /** A number that is often at some edge: one byte chooses, a few follow where it says so. */
  public long number() {
    int choice = u8();
    if (choice < 0x40) {
      return choice;
    }
    if (choice < 0xf0) {
      return INTERESTING[choice % INTERESTING.length];
    }
    return switch (choice & 3) {
      case 0 -> u8();
      case 1 -> u16();
      case 2 -> u32() & 0xffff_ffffL;
      default -> u64();
    };
  }
}
