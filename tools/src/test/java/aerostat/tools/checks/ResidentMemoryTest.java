package aerostat.tools.checks;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.machine.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Memory in the balloon is the host's again: read from the process's own smaps. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ResidentMemoryTest {
  private static final long MIB = 1L << 20;

  @Test
  void inflating512MiBOfTouchedMemoryGives95PercentOfItBack() throws Exception {
    WaitingConsole console = new WaitingConsole();
    try (Machine machine =
        Machine.builder()
            .memory(1024 * MIB)
            .append("touch=980M workload=idle")
            .console(console)
            .build()) {
      machine.start();
      console.await("workload: idle");
      long before = resident();
      machine.lock().lock();
      try {
        machine.balloon().setTarget(512 * MIB);
      } finally {
        machine.lock().unlock();
      }
      while (machine.pageStates().balloon() < 512 * MIB / 4096) {
        Thread.onSpinWait();
      }
      assertThat(before - resident()).isGreaterThanOrEqualTo((long) (0.95 * 512 * MIB));
    }
  }

  private static long resident() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/smaps_rollup"))) {
      if (line.startsWith("Rss:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
      }
    }
    throw new IOException("no Rss in smaps_rollup");
  }
}
