package aerostat.vmm.cli;

import aerostat.vmm.monitor.Endpoint;
import aerostat.vmm.monitor.QmpClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code aerostat migrate}: moves a guest and waits until it runs there. */
@Command(
    name = "migrate",
    sortOptions = false,
    description = {"Moves a running guest to a VMM that waits for it, and shows how it goes.", ""},
    footer = {
      "",
      "Example:",
      "  aerostat run --qmp unix:/tmp/b.sock --incoming tcp:127.0.0.1:4445 &",
      "  aerostat migrate --qmp unix:/tmp/a.sock tcp:127.0.0.1:4445 --set max-bandwidth=100M",
      "",
      "Interrupting this command does not cancel the migration;",
      "'aerostat qmp ADDR migrate_cancel' does.",
      "",
      "Exit codes: 0 the guest runs there; 1 the VMM refused; 2 wrong command line; 3 nobody at",
      "the QMP address; 6 failed or cancelled, the guest is still here; 7 the guest was given away",
      "and it is not known yet who runs it."
    })
final class MigrateCommand implements Callable<Integer> {
  private static final Duration LOOK = Duration.ofMillis(100);

  @Option(
      names = "--qmp",
      required = true,
      paramLabel = "ADDR",
      description = "QMP address of the VMM that has the guest.")
  private String qmp = "";

  @Parameters(
      paramLabel = "URI",
      description =
          "Where the guest is expected: tcp:HOST:PORT or unix:PATH; or file:PATH[,diff=on], a"
              + " snapshot, after which the guest goes on here.")
  private String uri = "";

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A parameter of the migration, as max-bandwidth=100M or downtime-limit=50.")
  private List<String> parameters = new ArrayList<>();

  @Option(
      names = "--capability",
      paramLabel = "NAME[=on|off]",
      description = "A capability to switch first.")
  private List<String> capabilities = new ArrayList<>();

  @Option(
      names = {"-q", "--quiet"},
      description = "No progress, only the result.")
  private boolean quiet;

  @Mixin private Verbosity verbosity = new Verbosity();

  private long shownPass = -1;
  private String shownStatus = "";

  @Override
  public Integer call() {
    Endpoint endpoint;
    Map<String, @Nullable Object> values;
    List<Map<String, Object>> switches;
    try {
      endpoint = Endpoint.parse(qmp);
      values = KeyValues.parse(parameters);
      switches = switches();
    } catch (IllegalArgumentException e) {
      throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()));
    }
    boolean started = false;
    try (QmpClient client = QmpClient.connect(endpoint)) {
      setUp(client, switches, values);
      client.execute("migrate", Map.of("uri", uri));
      started = true;
      return await(client);
    } catch (QmpClient.QmpError e) {
      throw new CliException(
          started ? ExitCode.MIGRATION_UNDECIDED : ExitCode.FAILED, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      if (started) {
        throw new CliException(
            ExitCode.MIGRATION_UNDECIDED,
            InputFile.reason(e) + "; ask both VMMs with 'aerostat qmp ADDR query-status'");
      }
      throw new CliException(ExitCode.UNAVAILABLE, InputFile.reason(e));
    }
  }

  private List<Map<String, Object>> switches() {
    List<Map<String, Object>> list = new ArrayList<>();
    for (String capability : capabilities) {
      int equals = capability.indexOf('=');
      String name = equals < 0 ? capability : capability.substring(0, equals);
      String word = equals < 0 ? "on" : capability.substring(equals + 1);
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("capability", name);
      one.put("state", BalloonFlags.onOff("--capability " + name, word));
      list.add(one);
    }
    return list;
  }

  private static void setUp(
      QmpClient client,
      List<Map<String, Object>> switches,
      Map<String, @Nullable Object> parameters)
      throws IOException {
    if (!switches.isEmpty()) {
      client.execute("migrate-set-capabilities", Map.of("capabilities", switches));
    }
    if (!parameters.isEmpty()) {
      client.execute("migrate-set-parameters", parameters);
    }
  }

  private int await(QmpClient client) throws IOException {
    while (true) {
      Map<String, @Nullable Object> state = client.query("query-migrate");
      String status = String.valueOf(state.get("status"));
      switch (status) {
        case "completed" -> {
          report(state);
          return ExitCode.OK;
        }
        case "failed", "cancelled" -> {
          Object reason = state.get("error-desc");
          throw new CliException(
              ExitCode.MIGRATION_FAILED,
              "migration "
                  + status
                  + (reason == null ? "" : ": " + reason)
                  + "; the guest is still on the source");
        }
        default -> progress(status, state);
      }
      try {
        // Any event may mean progress; so the end is seen at once, and no event is waited for long.
        client.event(LOOK);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }
  }

  private void progress(String status, Map<String, @Nullable Object> state) {
    Map<String, @Nullable Object> ram = QmpClient.asObject(state.get("ram"));
    long pass = number(ram, "dirty-sync-count");
    if (quiet || (pass == shownPass && status.equals(shownStatus))) {
      return;
    }
    shownPass = pass;
    shownStatus = status;
    System.err.printf(
        Locale.ROOT,
        "aerostat migrate: %s, pass %d, %s sent, %s left%n",
        status,
        pass,
        Size.show(number(ram, "transferred")),
        Size.show(number(ram, "remaining")));
  }

  private void report(Map<String, @Nullable Object> state) {
    Map<String, @Nullable Object> ram = QmpClient.asObject(state.get("ram"));
    if (!quiet) {
      MigrationReport.print(state, System.err);
    }
    System.err.printf(
        Locale.ROOT,
        "aerostat migrate: completed in %d ms, %d passes, downtime %d ms, %s sent%n",
        number(state, "total-time"),
        number(ram, "dirty-sync-count"),
        number(state, "downtime"),
        Size.show(number(ram, "transferred")));
  }

  private static long number(Map<String, @Nullable Object> map, String key) {
    return map.get(key) instanceof Number n ? n.longValue() : 0;
  }
}
