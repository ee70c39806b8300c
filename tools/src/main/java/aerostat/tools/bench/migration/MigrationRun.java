package aerostat.tools.bench.migration;

import aerostat.tools.child.ChildFailure;
import aerostat.tools.child.Patience;
import aerostat.tools.child.VmmChild;
import aerostat.vmm.monitor.QmpClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One migration of an idle guest between two new processes, as {@code query-migrate} of the source
 * tells it.
 *
 * @param totalMillis from the command to the end of the migration
 * @param transferred bytes
 * @param skipped pages that hints took off the list
 */
record MigrationRun(
    long totalMillis,
    long downtimeMillis,
    long rounds,
    long transferred,
    long normalPages,
    long zeroPages,
    long skipped) {
  private static final Duration BOOT_LIMIT = Duration.ofSeconds(60);
  private static final Duration MOVE_LIMIT = Duration.ofSeconds(120);
  private static final Duration LOOK = Duration.ofMillis(5);

  /** What is migrated. */
  record Guest(long memoryBytes, long residentBytes) {
    List<String> options() {
      return List.of(
          "--memory",
          Long.toString(memoryBytes),
          "--append",
          "workload=idle resident=" + (residentBytes >> 20) + "M");
    }
  }

  /** A finished migration that has completed; both processes are gone afterwards. */
  static MigrationRun once(Guest guest, boolean hints) throws IOException, ChildFailure {
    Path folder = Files.createTempDirectory("aerostat-bench");
    try (VmmChild source = VmmChild.start("A", folder, guest.options());
        VmmChild target = VmmChild.start("B", folder, List.of("--incoming", "defer"))) {
      Patience boot = new Patience(BOOT_LIMIT);
      while (source.balloon() < 0 || !source.console().contains("resident: filled")) {
        if (!boot.wait(LOOK)) {
          throw new ChildFailure("the guest did not fill its memory");
        }
      }
      Map<String, @Nullable Object> incoming =
          QmpClient.asObject(target.qmp("migrate-incoming", Map.of("uri", "tcp:127.0.0.1:0")));
      source.qmp("migrate-set-parameters", Map.of("x-hinting", hints));
      source.qmp("migrate", Map.of("uri", String.valueOf(incoming.get("uri"))));
      return await(source);
    } finally {
      delete(folder);
    }
  }

  private static MigrationRun await(VmmChild source) throws ChildFailure {
    Patience patience = new Patience(MOVE_LIMIT);
    while (true) {
      Map<String, @Nullable Object> state = source.query("query-migrate");
      switch (String.valueOf(state.get("status"))) {
        case "completed" -> {
          return of(state);
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

  private static MigrationRun of(Map<String, @Nullable Object> state) {
    Map<String, @Nullable Object> ram = QmpClient.asObject(state.get("ram"));
    return new MigrationRun(
        number(state, "total-time"),
        number(state, "downtime"),
        number(ram, "dirty-sync-count"),
        number(ram, "transferred"),
        number(ram, "normal"),
        number(ram, "duplicate"),
        number(state, "x-hinted-pages"));
  }

  private static long number(Map<String, @Nullable Object> object, String name) {
    return object.get(name) instanceof Number n ? n.longValue() : 0;
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
