package aerostat.vmm.machine;

import aerostat.mmio.memory.GuestMemory;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * The page that tells a guest what it runs on, right above the image, and the boot stack above it.
 */
final class BootParameters {
  private static final long MAGIC = 0x544F_4F42_4F52_4541L; // "AEROBOOT"
  private static final int COMMAND_LINE = 256;
  private static final int COMMAND_LINE_MAX = 2047;

  /** Bytes of the boot stack. */
  static final int STACK_SIZE = 16 << 10;

  private final GuestMemory memory;

  /** For memory with its image installed. */
  BootParameters(GuestMemory memory) {
    this.memory = memory;
  }

  /** Address of the page. */
  long address() {
    return GuestMemory.RAM_BASE + memory.romSize();
  }

  long stackBase() {
    return address() + GuestMemory.PAGE_SIZE;
  }

  /**
   * The user's command line with the devices that firmware would describe, as Linux gets them.
   *
   * @throws IllegalArgumentException if it is too long or not Latin-1
   */
  static String commandLine(String append) {
    String line = append.strip();
    line =
        (line.isEmpty() ? "" : line + " ")
            + "virtio_mmio.device=4K@0x%08x:%d".formatted(Board.BALLOON, Board.BALLOON_LINE);
    if (line.length() > COMMAND_LINE_MAX) {
      throw new IllegalArgumentException(
          "a kernel command line of %d characters; at most %d, of which %d are the devices'"
              .formatted(line.length(), COMMAND_LINE_MAX, line.length() - append.strip().length()));
    }
    if (!StandardCharsets.ISO_8859_1.newEncoder().canEncode(line)) {
      throw new IllegalArgumentException("the kernel command line is not Latin-1");
    }
    return line;
  }

  /** Writes the page. */
  void write(String append, long seed, long imageSize) {
    byte[] line = commandLine(append).getBytes(StandardCharsets.ISO_8859_1);
    long page = address();
    long[] values = {
      MAGIC,
      GuestMemory.RAM_BASE,
      memory.end(),
      stackBase() + STACK_SIZE,
      page + COMMAND_LINE,
      line.length,
      Board.CONSOLE,
      Board.POWER,
      stackBase(),
      STACK_SIZE,
      seed,
      imageSize,
      Board.POWER_LINE
    };
    for (int i = 0; i < values.length; i++) {
      memory.store64(page + 8L * i, values[i]);
    }
    memory.write(page + COMMAND_LINE, MemorySegment.ofArray(line), 0, line.length);
  }
}
