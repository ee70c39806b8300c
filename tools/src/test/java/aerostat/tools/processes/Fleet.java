package aerostat.tools.processes;

import aerostat.tools.child.ChildFailure;
import aerostat.tools.child.Patience;
import aerostat.tools.child.VmmChild;
import aerostat.vmm.monitor.QmpClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** VMM processes of one test, and what is asked of them again and again. */
final class Fleet implements AutoCloseable {
  /** Workloads that notice a lost write, in a guest small enough to move in a moment. */
  static final List<String> WATCHFUL =
      List.of(
          "--memory",
          "96M",
          "--append",
          "workload=kvstore,dirty kvstore.size=2M kvstore.cycle=300 dirty.size=8M dirty.rate=40"
              + " workload.interval=100");

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration LOOK = Duration.ofMillis(5);

  private final Path folder;
  private final List<VmmChild> children = new ArrayList<>();

  Fleet(Path folder) throws Exception {
    this.folder = folder;
    makeStartUpCache();
  }

  /** The launcher's first use after a build makes a cache; that is not the children's time. */
  private static void makeStartUpCache() throws Exception {
    List<String> command = new ArrayList<>(VmmChild.program());
    command.add("--version");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("AEROSTAT_NO_BUILD", "1");
    Process process = builder.start();
    if (!process.waitFor(100, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new ChildFailure("the launcher does not make its cache");
    }
  }

  /** A question to a process. */
  interface Condition {
    boolean holds() throws ChildFailure;
  }

  VmmChild start(String name, List<String> options) throws IOException {
    VmmChild child = VmmChild.start(name, folder, options);
    children.add(child);
    return child;
  }

  /** A process whose guest's workloads have begun to count. */
  VmmChild startGuest(String name) throws IOException, ChildFailure {
    VmmChild child = start(name, WATCHFUL);
    child.query("query-status");
    await(() -> child.counters().verified() > 0, name + ": kvstore has not begun");
    return child;
  }

  /** A process that waits for {@code migrate-incoming}. */
  VmmChild startEmpty(String name) throws IOException {
    return start(name, List.of("--incoming", "defer"));
  }

  static String listen(VmmChild at, String uri) throws ChildFailure {
    Map<String, @Nullable Object> answer =
        QmpClient.asObject(at.qmp("migrate-incoming", Map.of("uri", uri)));
    return String.valueOf(answer.get("uri"));
  }

  static void await(Condition condition, String otherwise) throws ChildFailure {
    Patience patience = new Patience(LIMIT);
    while (!condition.holds()) {
      if (!patience.wait(LOOK)) {
        throw new ChildFailure(otherwise);
      }
    }
  }

  static boolean runs(VmmChild child) throws ChildFailure {
    return Boolean.TRUE.equals(child.query("query-status").get("running"));
  }

  static String runState(VmmChild child) throws ChildFailure {
    return String.valueOf(child.query("query-status").get("status"));
  }

  static String migration(VmmChild child) throws ChildFailure {
    return String.valueOf(child.query("query-migrate").get("status"));
  }

  static boolean ended(String status) {
    return List.of("completed", "failed", "cancelled").contains(status);
  }

  /**
   * Moves a guest and waits for the end. Whenever the destination is seen to run, the source must
   * not: it is asked later, and never takes up again what it has given away.
   */
  static void move(VmmChild from, VmmChild to, String uri) throws ChildFailure {
    from.qmp("migrate", Map.of("uri", uri));
    await(
        () -> {
          if (runs(to) && runs(from)) {
            throw new ChildFailure("the guest runs in both processes");
          }
          return ended(migration(from));
        },
        "the migration does not end");
    if (!migration(from).equals("completed")) {
      throw new ChildFailure(from.name() + " to " + to.name() + ": " + from.query("query-migrate"));
    }
    await(() -> runs(to), "the guest does not run in " + to.name());
    if (runs(from)) {
      throw new ChildFailure("the guest runs in both processes");
    }
  }

  /** Waits until kvstore has counted on in that process; nothing may be lost. */
  static void countsOn(VmmChild child) throws ChildFailure {
    int seen = child.console().length();
    await(
        () -> child.console().indexOf("workload-stat name=kvstore", seen) >= 0,
        child.name() + ": kvstore stands still");
    long before = child.counters().verified();
    await(() -> child.counters().verified() > before, child.name() + ": kvstore stands still");
    if (child.counters().lost() > 0 || child.console().contains("LOST")) {
      throw new ChildFailure(child.name() + ": the guest lost updates:\n" + child.console());
    }
  }

  @Override
  public void close() {
    children.forEach(VmmChild::kill);
  }
}
