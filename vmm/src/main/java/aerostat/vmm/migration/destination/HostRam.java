package aerostat.vmm.migration.destination;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much memory this host has at all: a guest that can never fit is refused at once. */
final class HostRam {
  private static final Path SOURCE = Path.of("/proc/meminfo");

  private HostRam() {}

  /** Bytes of memory and swap; {@link Long#MAX_VALUE} where the host does not tell. */
  static long bytes() {
    try {
      return parse(Files.readString(SOURCE, StandardCharsets.US_ASCII));
    } catch (IOException e) {
      return Long.MAX_VALUE;
    }
  }

  /** Of a text like {@code /proc/meminfo}. */
  static long parse(String text) {
    long kib = 0;
    for (String line : text.split("\n")) {
      if (line.startsWith("MemTotal:") || line.startsWith("SwapTotal:")) {
        kib += Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    return kib == 0 ? Long.MAX_VALUE : kib << 10;
  }
}
