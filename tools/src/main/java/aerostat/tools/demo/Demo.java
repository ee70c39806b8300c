package aerostat.tools.demo;

import aerostat.tools.child.ChildFailure;
import aerostat.tools.child.Patience;
import aerostat.tools.child.VmmChild;
import aerostat.vmm.cli.Size;
import aerostat.vmm.monitor.QmpClient;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The steps of the demonstration. Processes and files are gone after it, whatever happens. */
final class Demo implements AutoCloseable {
  private static final long RAM = 1L << 30;
  private static final long HALF = RAM / 2;

  /** Of 700 MiB touched and 512 MiB taken, so much at least was touched. */
  private static final long MIN_FALL = 128L << 20;

  private static final Duration STEP_LIMIT = Duration.ofSeconds(30);
  private static final Duration LOOK = Duration.ofMillis(20);

  /** kvstore's records; each is read again within {@code kvstore.cycle}. */
  private static final long RECORDS = (16L << 20) / 256;

  private final PrintStream out;
  private final Report report = new Report();
  private final long begin = System.nanoTime();
  private final Path folder;
  private final VmmChild a;
  private final VmmChild b;

  Demo(PrintStream out) throws IOException {
    this.out = out;
    folder = Files.createTempDirectory("aerostat-demo");
    Runtime.getRuntime().addShutdownHook(new Thread(this::abandon, "demo-end"));
    a =
        VmmChild.start(
            "A",
            folder,
            List.of(
                "--memory",
                "1G",
                "--append",
                "workload=kvstore,dirty touch=700M workload.interval=200"));
    b = VmmChild.start("B", folder, List.of("--incoming", "defer"));
  }

  Report run() {
    try {
      say("two VMM processes: A has process id %d, B has %d", a.pid(), b.pid());
      boot();
      balloon();
      migrate(a, b, false);
      keepsCounting(b, 0);
      migrate(b, a, true);
      settle();
      report.succeeded();
      say("all right");
    } catch (ChildFailure e) {
      say("FAILED: %s", String.valueOf(e.getMessage()));
    }
    return report;
  }

  private void boot() throws ChildFailure {
    say("A boots a guest of 1 GiB that touches 700 MiB, then runs kvstore and dirty");
    await(() -> a.balloon() == RAM, "the balloon driver has not started", a);
    await(() -> a.console().contains("touched 700 MiB"), "the guest did not touch 700 MiB", a);
    await(() -> a.counters().verified() > 0, "kvstore has not begun", a);
    say("the guest is up, its workloads run");
  }

  private void balloon() throws ChildFailure {
    long before = a.resident();
    say("A uses %s of host memory; inflating the balloon to half", Size.show(before));
    say("  $ aerostat qmp %s balloon value=512M", a.address());
    a.qmp("balloon", Map.of("value", HALF));
    await(() -> a.balloon() == HALF, "the guest did not inflate its balloon", a);
    long after = a.resident();
    report.balloon(before, after);
    say("A uses %s of host memory now, %s less", Size.show(after), Size.show(before - after));
    if (before - after < MIN_FALL) {
      throw new ChildFailure("inflating did not give memory back to the host");
    }
    say("deflating");
    say("  $ aerostat qmp %s balloon value=1G", a.address());
    a.qmp("balloon", Map.of("value", RAM));
    await(() -> a.balloon() == RAM, "the guest did not deflate its balloon", a);
  }

  private void migrate(VmmChild from, VmmChild to, boolean hints) throws ChildFailure {
    String route = from.name() + " to " + to.name();
    say("migrating %s, free page hinting %s", route, hints ? "on" : "off");
    Map<String, @Nullable Object> answer =
        QmpClient.asObject(to.qmp("migrate-incoming", Map.of("uri", "tcp:127.0.0.1:0")));
    String uri = String.valueOf(answer.get("uri"));
    say(
        "  $ aerostat migrate --qmp %s %s --set x-hinting=%s",
        from.address(), uri, hints ? "on" : "off");
    from.qmp("migrate-set-parameters", Map.of("x-hinting", hints));
    from.qmp("migrate", Map.of("uri", uri));
    Patience patience = new Patience(STEP_LIMIT);
    Report.Move move = state(from, route, hints);
    while (!List.of("completed", "failed", "cancelled").contains(move.status())) {
      if (!patience.wait(LOOK)) {
        break;
      }
      move = state(from, route, hints);
    }
    report.move(move);
    if (!move.status().equals("completed")) {
      throw new ChildFailure(
          "migration "
              + route
              + " is "
              + move.status()
              + ": "
              + from.query("query-migrate").get("error-desc"));
    }
    await(() -> running(to), "the guest does not run in " + to.name(), to);
    if (running(from)) {
      throw new ChildFailure("the guest runs in both processes");
    }
    say(
        "done in %d ms, %d rounds, the guest stood still for %d ms, %s sent, %d pages skipped",
        move.totalMillis(),
        move.rounds(),
        move.downtimeMillis(),
        Size.show(move.transferred()),
        move.skippedPages());
  }

  private static boolean running(VmmChild child) throws ChildFailure {
    return Boolean.TRUE.equals(child.query("query-status").get("running"));
  }

  private static Report.Move state(VmmChild from, String route, boolean hints) throws ChildFailure {
    Map<String, @Nullable Object> state = from.query("query-migrate");
    Map<String, @Nullable Object> ram = QmpClient.asObject(state.get("ram"));
    return new Report.Move(
        route,
        hints,
        String.valueOf(state.get("status")),
        number(state, "total-time"),
        number(state, "downtime"),
        number(ram, "dirty-sync-count"),
        number(ram, "transferred"),
        number(state, "x-hinted-pages"));
  }

  private static long number(Map<String, @Nullable Object> map, String key) {
    return map.get(key) instanceof Number n ? n.longValue() : 0;
  }

  /** Waits until every record has been read again in that process. */
  private void keepsCounting(VmmChild child, long seen) throws ChildFailure {
    await(() -> child.counters().verified() > seen, "kvstore stands still", child);
    long start = child.counters().verified();
    await(() -> child.counters().verified() >= start + RECORDS, "kvstore is too slow", child);
  }

  private void settle() throws ChildFailure {
    keepsCounting(a, b.counters().verified());
    VmmChild.Counters last = a.counters();
    report.records(last.verified(), last.lost());
    say("%d records verified, %d updates lost", last.verified(), last.lost());
    boolean reported = a.console().contains("LOST UPDATE") || b.console().contains("LOST UPDATE");
    if (last.lost() > 0 || reported) {
      throw new ChildFailure("the guest lost updates; its console says which");
    }
  }

  /** A condition that needs a look at a child. */
  private interface Condition {
    boolean holds() throws ChildFailure;
  }

  private static void await(Condition condition, String otherwise, VmmChild child)
      throws ChildFailure {
    Patience patience = new Patience(STEP_LIMIT);
    while (!condition.holds()) {
      if (!patience.wait(LOOK)) {
        throw new ChildFailure(otherwise + " (" + child.query("query-status").get("status") + ")");
      }
    }
  }

  @SuppressWarnings("AnnotateFormatMethod")
  private void say(String format, Object... values) {
    double seconds = (System.nanoTime() - begin) / 1e9;
    out.printf(Locale.ROOT, "%6.2f s  ", seconds);
    out.printf(Locale.ROOT, format + "%n", values);
  }

  @Override
  public void close() {
    a.close();
    b.close();
    abandon();
  }

  /** The way out that always works; also on a signal. */
  private void abandon() {
    a.kill();
    b.kill();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException gone) {
      // Removed by the ordinary way out already.
    }
  }
}
