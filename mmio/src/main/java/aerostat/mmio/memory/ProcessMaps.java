package aerostat.mmio.memory;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the host's kernel says about this process's mappings. */
final class ProcessMaps {
  private static final Path SMAPS = Path.of("/proc/self/smaps");
  private static final Path MAPS = Path.of("/proc/self/maps");

  private ProcessMaps() {}

  /**
   * Resident bytes of the mappings that begin in a range. Not {@code mincore}: that counts the
   * shared zero page, which a mere read of untouched memory maps and which costs nothing.
   */
  static long residentBytes(long address, long size) {
    try (BufferedReader smaps = Files.newBufferedReader(SMAPS, StandardCharsets.ISO_8859_1)) {
      long kib = 0;
      boolean inside = false;
      for (String line = smaps.readLine(); line != null; line = smaps.readLine()) {
        if (line.startsWith("Rss:")) {
          if (inside) {
            kib +=
                Long.parseLong(
                    line.substring("Rss:".length(), line.length() - " kB".length()).trim());
          }
        } else if (isMapping(line)) {
          inside = begins(line, address, size);
        }
      }
      return kib << 10;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + SMAPS, e);
    }
  }

  /** How many mappings begin in a range. */
  static int count(long address, long size) {
    try (BufferedReader maps = Files.newBufferedReader(MAPS, StandardCharsets.ISO_8859_1)) {
      int count = 0;
      for (String line = maps.readLine(); line != null; line = maps.readLine()) {
        count += begins(line, address, size) ? 1 : 0;
      }
      return count;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + MAPS, e);
    }
  }

  /**
   * A mapping's line starts with a lower-case hexadecimal address, an attribute's with a capital.
   */
  private static boolean isMapping(String line) {
    char first = line.isEmpty() ? ' ' : line.charAt(0);
    return (first >= '0' && first <= '9') || (first >= 'a' && first <= 'f');
  }

  private static boolean begins(String line, long address, long size) {
    long start = Long.parseUnsignedLong(line, 0, line.indexOf('-'), 16);
    return Long.compareUnsigned(start - address, size) < 0;
  }
}
