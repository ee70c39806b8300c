package aerostat.tools.bench.migration;

import aerostat.tools.child.ChildFailure;
import aerostat.tools.child.Patience;
import aerostat.tools.child.VmmChild;
import aerostat.vmm.monitor.QmpClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Two new processes, and a guest that moves between them by public commands alone. */
final class ProcessPair {
  private static final Duration BOOT_LIMIT = Duration.ofMinutes(1);
  private static final Duration MOVE_LIMIT = Duration.ofMinutes(2);
  private static final Duration LOOK = Duration.ofMillis(5);

  /** A process prepares its first migration in this time, if it is left alone. */
  private static final Duration SETTLE = Duration.ofSeconds(4);

  private ProcessPair() {}

  /**
   * Moves there, back, and so on.
   *
   * @param delayMillis round trip of the way between them
   * @throws ChildFailure if a migration does not complete
   */
  static List<MigrationRun> runs(Scenario scenario, int moves, int delayMillis)
      throws IOException, ChildFailure {
    Path folder = Files.createTempDirectory("aerostat-bench");
    try (VmmChild a = VmmChild.start("A", folder, scenario.options());
        VmmChild b = VmmChild.start("B", folder, List.of("--incoming", "defer"))) {
      Patience boot = new Patience(BOOT_LIMIT);
      while (a.balloon() < 0 || !a.console().contains(scenario.ready())) {
        if (!boot.wait(LOOK)) {
          throw new ChildFailure("the guest did not get ready: " + scenario.name());
        }
      }
      // Both prepare while they wait, as processes do that are not in a hurry.
      b.qmp("migrate-set-parameters", scenario.parameters());
      new Patience(SETTLE).wait(SETTLE);
      List<MigrationRun> runs = new ArrayList<>();
      for (int i = 0; i < moves; i++) {
        VmmChild from = i % 2 == 0 ? a : b;
        VmmChild to = i % 2 == 0 ? b : a;
        runs.add(new MigrationRun(i == 0, move(from, to, scenario, delayMillis)));
      }
      return runs;
    } finally {
      delete(folder);
    }
  }

  private static Map<String, @Nullable Object> move(
      VmmChild from, VmmChild to, Scenario scenario, int delayMillis)
      throws IOException, ChildFailure {
    Map<String, @Nullable Object> incoming =
        QmpClient.asObject(to.qmp("migrate-incoming", Map.of("uri", "tcp:127.0.0.1:0")));
    String uri = String.valueOf(incoming.get("uri"));
    from.qmp("migrate-set-parameters", scenario.parameters());
    if (delayMillis == 0) {
      from.qmp("migrate", Map.of("uri", uri));
      return await(from);
    }
    try (DelayProxy proxy = new DelayProxy(port(uri), delayMillis)) {
      from.qmp("migrate", Map.of("uri", "tcp:127.0.0.1:" + proxy.port()));
      return await(from);
    }
  }

  private static int port(String uri) {
    return Integer.parseInt(uri.substring(uri.lastIndexOf(':') + 1));
  }

  private static Map<String, @Nullable Object> await(VmmChild source) throws ChildFailure {
    Patience patience = new Patience(MOVE_LIMIT);
    while (true) {
      Map<String, @Nullable Object> state = source.query("query-migrate");
      switch (String.valueOf(state.get("status"))) {
        case "completed" -> {
          return state;
        }
        case "failed", "cancelled" ->
            throw new ChildFailure(
                "the migration is " + state.get("status") + ": " + state.get("error-desc"));
        default -> {
          if (!patience.wait(LOOK)) {
            throw new ChildFailure("the migration does not end: " + state);
          }
        }
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
