package aerostat.tools.bench.migration.goals;

import aerostat.tools.bench.migration.Scenario;
import aerostat.tools.bench.stats.Estimate;
import aerostat.tools.bench.stats.Verdict;
import aerostat.tools.child.ChildFailure;
import aerostat.tools.child.Patience;
import aerostat.tools.child.VmmChild;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** From a snapshot in a file to a guest that runs. */
final class RestoreGoals implements GoalGroup.Measurement {
  private static final double RUNNING_MILLIS = 50;
  private static final double START_MILLIS = 600;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final GoalContext context;

  RestoreGoals(GoalContext context) {
    this.context = context;
  }

  @Override
  public List<Verdict> measure() throws IOException, ChildFailure {
    GoalSettings settings = context.settings();
    Path folder = Files.createTempDirectory("aerostat-bench");
    Path file = folder.resolve("snapshot");
    try {
      save(folder, file);
      List<Double> running = new ArrayList<>();
      List<Double> starting = new ArrayList<>();
      for (int i = 0; i < settings.runs(); i++) {
        running.add(context.measured(() -> restore(folder, file)));
        starting.add(context.measured(() -> start(file)));
        context.tell(
            "restore: %.0f ms, with the process %.0f ms", running.getLast(), starting.getLast());
      }
      String size = (settings.memoryBytes() >> 20) + " MiB";
      return List.of(
          Verdict.atMost(
                  "restore of " + size + ", running process",
                  "ms",
                  RUNNING_MILLIS,
                  Estimate.of(running))
              .noted("until migrate-incoming is answered, which is after the first poll"),
          Verdict.atMost(
                  "restore of " + size + ", with process start",
                  "ms",
                  START_MILLIS,
                  Estimate.of(starting))
              .noted("until run says that the guest is restored, likewise"));
    } finally {
      try (var files = Files.list(folder)) {
        for (Path each : files.toList()) {
          Files.deleteIfExists(each);
        }
      }
      Files.deleteIfExists(folder);
    }
  }

  private void save(Path folder, Path file) throws IOException, ChildFailure {
    GoalSettings settings = context.settings();
    Scenario idle =
        Scenario.of(
            "idle",
            settings.memoryBytes(),
            "workload=idle resident=" + (settings.residentBytes() >> 20) + "M",
            "resident: filled",
            false,
            true);
    try (VmmChild saver = VmmChild.start("saver", folder, idle.options())) {
      saver.awaitConsole(idle.ready(), LIMIT);
      var unused = saver.migrate("file:" + file, LIMIT);
    }
  }

  /** In a process that waits for a guest, ms. */
  private static double restore(Path folder, Path file) throws IOException, ChildFailure {
    try (VmmChild child = VmmChild.start("restorer", folder, List.of("--incoming", "defer"))) {
      child.query("query-status");
      // A process prepares for a while; what is asked here is a snapshot in one that waits.
      new Patience(LIMIT).wait(Duration.ofSeconds(4));
      long begin = System.nanoTime();
      child.qmp("migrate-incoming", Map.of("uri", "file:" + file));
      return (System.nanoTime() - begin) / 1e6;
    }
  }

  /** By a new process, ms. */
  private static double start(Path file) throws IOException {
    List<String> command = new ArrayList<>(VmmChild.program());
    command.addAll(List.of("run", "--console", "none", "--incoming", "file:" + file));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("AEROSTAT_NO_BUILD", "1");
    long begin = System.nanoTime();
    Process process = builder.start();
    try (InputStream out = process.getInputStream()) {
      StringBuilder seen = new StringBuilder();
      byte[] buffer = new byte[4096];
      for (int n = out.read(buffer); n >= 0; n = out.read(buffer)) {
        seen.append(new String(buffer, 0, n, StandardCharsets.UTF_8));
        if (seen.indexOf("restored from") >= 0) {
          return (System.nanoTime() - begin) / 1e6;
        }
      }
      throw new IOException("a restore ended without a guest: " + seen);
    } finally {
      process.destroyForcibly();
    }
  }
}
