package aerostat.tools.processes;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.tools.child.VmmChild;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.monitor.TraceFile;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The same seed and image give the same run in every process. */
@Timeout(120)
class SameRunIT {
  private static final String APPEND = "workload=mix mix.rounds=5 workload.poweroff=y";
  private static final long SEED = 7;

  @TempDir Path folder = Path.of("unset");

  /** What a run leaves. */
  private record Outcome(String console, String trace) {}

  @Test
  void inTwoProcessesAndInThisOne_consoleAndTraceAreEqual() throws Exception {
    Outcome here = here("h", SEED);

    assertThat(here.console()).contains("lost=0").contains("Power down");
    assertThat(here.trace().lines().count()).isGreaterThan(20);
    assertThat(child("a", SEED)).isEqualTo(here);
    assertThat(child("b", SEED)).isEqualTo(here);
  }

  /** A guest that has panicked stands still, so its hash can be asked for from outside. */
  @Test
  void theRamHashIsEqual_inTwoProcessesAndInThisOne() throws Exception {
    String append = "virtio_mmio.device=4K@0x0b000000:2";
    Machine machine =
        Machine.builder().memory(32L << 20).append(append).deterministic(SEED).build();
    String here;
    try (machine) {
      machine.start();
      machine.awaitEnd(java.time.Duration.ofSeconds(60));
      here = machine.ramHash(true);
    }
    List<String> options = options(SEED);
    options.addAll(List.of("--append", append));
    List<String> hashes = new ArrayList<>();
    try (Fleet fleet = new Fleet(folder)) {
      for (String name : List.of("A", "B")) {
        VmmChild child = fleet.start(name, options);
        Fleet.await(
            () -> Fleet.runState(child).equals("guest-panicked"), "the guest does not panic");
        hashes.add(
            String.valueOf(
                aerostat.vmm.monitor.QmpClient.asObject(
                        child.qmp("x-query-ram-hash", Map.of("everything", true)))
                    .get("hash")));
      }
    }

    assertThat(hashes).containsExactly(here, here);
  }

  private static List<String> options(long seed) {
    return new ArrayList<>(
        List.of("--memory", "32M", "--deterministic", "--seed", String.valueOf(seed)));
  }

  private Outcome child(String name, long seed) throws Exception {
    Path console = folder.resolve(name + ".console");
    Path trace = folder.resolve(name + ".trace");
    List<String> command = new ArrayList<>(VmmChild.program());
    command.add("run");
    command.addAll(options(seed));
    command.addAll(List.of("--append", APPEND, "--console", "file:" + console));
    command.addAll(List.of("--trace", trace.toString()));
    ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
    builder.environment().put("AEROSTAT_NO_BUILD", "1");
    Process process = builder.start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }
    return new Outcome(
        Files.readString(console, StandardCharsets.ISO_8859_1), Files.readString(trace));
  }

  private Outcome here(String name, long seed) throws Exception {
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    Path path = folder.resolve(name + ".trace");
    TraceFile trace = new TraceFile();
    trace.start(path);
    try (Machine machine =
        Machine.builder()
            .memory(32L << 20)
            .append(APPEND)
            .deterministic(seed)
            .console(console)
            .trace(trace)
            .build()) {
      machine.start();
      machine.awaitEnd(java.time.Duration.ofSeconds(60));
    }
    trace.close();
    return new Outcome(console.toString(StandardCharsets.ISO_8859_1), Files.readString(path));
  }
}
