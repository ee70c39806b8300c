package aerostat.tools.bench.hinting;

import aerostat.tools.child.ChildFailure;
import aerostat.tools.child.Patience;
import aerostat.tools.child.VmmChild;
import aerostat.vmm.monitor.QmpClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Two processes between which a guest goes to and fro. */
final class Pair implements AutoCloseable {
  private static final Duration BOOT_LIMIT = Duration.ofMinutes(2);
  private static final Duration MOVE_LIMIT = Duration.ofMinutes(5);
  private static final Duration LOOK = Duration.ofMillis(5);

  private final Path folder;
  private VmmChild here;
  private VmmChild there;

  private Pair(Path folder, VmmChild here, VmmChild there) {
    this.folder = folder;
    this.here = here;
    this.there = there;
  }

  /** Boots a guest in the first, until it has printed a text. */
  static Pair boot(long memory, String balloon, String append, String until)
      throws IOException, ChildFailure {
    Path folder = Files.createTempDirectory("aerostat-bench");
    List<String> options =
        new ArrayList<>(List.of("--memory", Long.toString(memory), "--balloon", balloon));
    options.addAll(List.of("--append", append));
    Pair pair =
        new Pair(
            folder,
            VmmChild.start("A", folder, options),
            VmmChild.start("B", folder, List.of("--incoming", "defer")));
    try {
      pair.here.awaitConsole(until, BOOT_LIMIT);
      pair.there.query("query-status");
      return pair;
    } catch (ChildFailure e) {
      pair.close();
      throw e;
    }
  }

  /** The process in which the guest is. */
  VmmChild here() {
    return here;
  }

  /** The other one. */
  VmmChild there() {
    return there;
  }

  /** All that the guest has printed, in both. */
  String console() throws ChildFailure {
    return here.console() + there.console();
  }

  /** Processor time of both, ms. */
  double processorMillis() {
    return (here.processorTime().toNanos() + there.processorTime().toNanos()) / 1e6;
  }

  /** Moves the guest to the other process; query-migrate of the source, when it is completed. */
  Map<String, @Nullable Object> move(boolean hints) throws ChildFailure {
    Map<String, @Nullable Object> incoming =
        QmpClient.asObject(there.qmp("migrate-incoming", Map.of("uri", "tcp:127.0.0.1:0")));
    here.qmp("migrate-set-parameters", Map.of("x-hinting", hints));
    here.qmp("migrate", Map.of("uri", String.valueOf(incoming.get("uri"))));
    Patience patience = new Patience(MOVE_LIMIT);
    while (true) {
      Map<String, @Nullable Object> state = here.query("query-migrate");
      String status = String.valueOf(state.get("status"));
      if (status.equals("completed")) {
        VmmChild left = here;
        here = there;
        there = left;
        return state;
      }
      if (status.equals("failed") || status.equals("cancelled") || !patience.wait(LOOK)) {
        throw new ChildFailure("the migration is " + status + ": " + state.get("error-desc"));
      }
    }
  }

  @Override
  public void close() throws IOException {
    here.close();
    there.close();
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
    }
    Files.deleteIfExists(folder);
  }
}
