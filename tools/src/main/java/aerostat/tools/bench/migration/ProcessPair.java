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
public final class ProcessPair implements AutoCloseable {
  private static final Duration BOOT_LIMIT = Duration.ofMinutes(1);
  private static final Duration MOVE_LIMIT = Duration.ofMinutes(2);
  private static final Duration LOOK = Duration.ofMillis(5);

  /** A process prepares its first migration in this time, if it is left alone. */
  private static final Duration SETTLE = Duration.ofSeconds(4);

  private static final String BALLOON = "/machine/peripheral/balloon0";

  private final Path folder;
  private final Scenario scenario;
  private final int delayMillis;
  private VmmChild here;
  private VmmChild there;
  private long freeBytes;
  private boolean moved;

  private ProcessPair(Path folder, Scenario scenario, int delayMillis) throws IOException {
    this.folder = folder;
    this.scenario = scenario;
    this.delayMillis = delayMillis;
    here = VmmChild.start("A", folder, scenario.options());
    there = VmmChild.start("B", folder, List.of("--incoming", "defer"));
  }

  /**
   * A guest in the first, ready to go; both processes had time to prepare.
   *
   * @param delayMillis round trip of the way between them
   */
  public static ProcessPair boot(Scenario scenario, int delayMillis)
      throws IOException, ChildFailure {
    ProcessPair pair =
        new ProcessPair(Files.createTempDirectory("aerostat-bench"), scenario, delayMillis);
    try {
      pair.settle();
      return pair;
    } catch (ChildFailure e) {
      pair.close();
      throw e;
    }
  }

  private void settle() throws ChildFailure {
    Patience boot = new Patience(BOOT_LIMIT);
    while (here.balloon() < 0 || !here.console().contains(scenario.ready())) {
      if (!boot.wait(LOOK)) {
        throw new ChildFailure("the guest did not get ready: " + scenario.name());
      }
    }
    // Both prepare while they wait, as processes do that are not in a hurry.
    there.qmp("migrate-set-parameters", scenario.parameters());
    statistics(1);
    new Patience(SETTLE).wait(SETTLE);
    Object stats = here.qmp("qom-get", Map.of("path", BALLOON, "property", "guest-stats"));
    Object free =
        QmpClient.asObject(QmpClient.asObject(stats).get("stats")).get("stat-free-memory");
    freeBytes = free instanceof Long bytes ? Math.max(0, bytes) : 0;
    statistics(0);
  }

  private void statistics(int seconds) throws ChildFailure {
    here.qmp(
        "qom-set",
        Map.of(
            "path", BALLOON, "property", "guest-stats-polling-interval", "value", (long) seconds));
  }

  /** The process that has the guest. */
  public VmmChild here() {
    return here;
  }

  /** The process that the guest came from, or where it goes next. */
  public VmmChild there() {
    return there;
  }

  /**
   * Moves the guest to the other process.
   *
   * @throws ChildFailure if the migration does not complete
   */
  public MigrationRun move() throws IOException, ChildFailure {
    Map<String, @Nullable Object> incoming =
        QmpClient.asObject(there.qmp("migrate-incoming", Map.of("uri", "tcp:127.0.0.1:0")));
    String uri = String.valueOf(incoming.get("uri"));
    here.qmp("migrate-set-parameters", scenario.parameters());
    Map<String, @Nullable Object> state;
    if (delayMillis == 0) {
      state = here.migrate(uri, MOVE_LIMIT);
    } else {
      try (DelayProxy proxy = new DelayProxy(port(uri), delayMillis)) {
        state = here.migrate("tcp:127.0.0.1:" + proxy.port(), MOVE_LIMIT);
      }
    }
    VmmChild left = here;
    here = there;
    there = left;
    MigrationRun run = new MigrationRun(!moved, freeBytes, state);
    moved = true;
    return run;
  }

  /** A new pair, moves there, back, and so on. */
  static List<MigrationRun> runs(Scenario scenario, int moves, int delayMillis)
      throws IOException, ChildFailure {
    try (ProcessPair pair = boot(scenario, delayMillis)) {
      List<MigrationRun> runs = new ArrayList<>();
      for (int i = 0; i < moves; i++) {
        runs.add(pair.move());
      }
      return runs;
    }
  }

  private static int port(String uri) {
    return Integer.parseInt(uri.substring(uri.lastIndexOf(':') + 1));
  }

  @Override
  public void close() throws IOException {
    here.close();
    there.close();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
