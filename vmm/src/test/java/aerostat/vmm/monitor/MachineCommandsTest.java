package aerostat.vmm.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineSlot;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.MigrationService;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The commands on a real machine, deterministic so that no step depends on the host's pace. */
@Timeout(60)
class MachineCommandsTest {
  /** Enough for the kernel to boot and its balloon driver to start. */
  private static final long BOOTED = 2_000_000;

  private static final long RAM = 32L << 20;

  private final MachineSlot slot = new MachineSlot();
  private final MigrationService migration = new MigrationService(slot);
  private final CommandTable table = new CommandTable();

  MachineCommandsTest() {
    MachineCommands.addTo(table, "vm1", slot, migration, bytes -> "x".repeat(bytes));
    MigrationCommands.addTo(table, migration);
  }

  @AfterEach
  void close() {
    migration.close();
    slot.clear();
  }

  private Machine machine() {
    Machine machine =
        Machine.builder().memory(RAM).append("workload=idle").deterministic(1).build();
    slot.put(machine);
    return machine;
  }

  private Map<String, @Nullable Object> run(String command, Object... arguments) {
    Map<String, @Nullable Object> map = new java.util.LinkedHashMap<>();
    for (int i = 0; i < arguments.length; i += 2) {
      map.put((String) arguments[i], arguments[i + 1]);
    }
    return QmpClient.asObject(table.execute(command, map));
  }

  private void fails(String classAndWords, String command, Object... arguments) {
    assertThatThrownBy(() -> run(command, arguments))
        .isInstanceOfSatisfying(
            QmpException.class,
            e -> assertThat(e.errorClass() + ": " + e.getMessage()).contains(classAndWords));
  }

  @Test
  void withoutAMachineTheStatusIsInmigrateAndTheRestIsAnError() {
    assertThat(run("query-status")).isEqualTo(Map.of("running", false, "status", "inmigrate"));
    for (String command : List.of("stop", "cont", "query-balloon", "x-query-pages")) {
      fails("GenericError: There is no guest yet", command);
    }
  }

  @Test
  void theBalloonIsInactiveBeforeADriverHasStarted() {
    machine();

    fails("DeviceNotActive: No balloon device has been activated", "query-balloon");
    fails("DeviceNotActive", "balloon", "value", RAM / 2);
  }

  @Test
  void aTargetOfNothingIsRefusedAsQemuWordsIt() {
    machine();

    fails("GenericError: Parameter 'target' expects a size", "balloon", "value", 0L);
    fails("GenericError: Parameter 'target' expects a size", "balloon", "value", -1L);
  }

  @Test
  void aGuestThatSleepsIsWokenAndHasAPowerButton() throws InterruptedException {
    Machine machine = Machine.builder().memory(RAM).append("workload=idle suspend=0").build();
    slot.put(machine);
    machine.start();
    while (!"suspended".equals(run("query-status").get("status"))) {
      assertThat(machine.state()).isEqualTo(RunState.RUNNING);
      Thread.onSpinWait();
    }
    assertThat(run("query-status")).containsEntry("running", false);
    assertThat(run("system_wakeup")).isEmpty();
    fails("GenericError: Unable to wake up: guest is not in suspended state", "system_wakeup");
    assertThat(run("query-status")).containsEntry("status", "running");
    run("system_powerdown");
    assertThat(machine.awaitEnd(Duration.ofSeconds(30))).isTrue();
    assertThat(run("query-status")).containsEntry("status", "shutdown");
  }

  @Test
  void theGuestInflatesToTheTarget() {
    Machine machine = machine();
    machine.runUntilPoll(BOOTED);
    assertThat(run("query-balloon")).isEqualTo(Map.of("actual", RAM));

    run("balloon", "value", RAM / 2);
    machine.runUntilPoll(2 * BOOTED);

    assertThat(run("query-balloon")).isEqualTo(Map.of("actual", RAM / 2));
    assertThat(run("x-query-pages")).containsEntry("balloon", RAM / 2 / 4096);
  }

  @Test
  void statisticsAreAPropertyOfTheBalloon() {
    Machine machine = machine();
    machine.runUntilPoll(BOOTED);
    String path = MachineCommands.BALLOON_PATH;
    String interval = "guest-stats-polling-interval";

    run("qom-set", "path", path, "property", interval, "value", 2L);
    assertThat(
            table.execute(
                "qom-get", new java.util.HashMap<>(Map.of("path", path, "property", interval))))
        .isEqualTo(2L);
    assertThat(run("qom-get", "path", path, "property", "guest-stats"))
        .containsOnlyKeys("stats", "last-update");

    fails("greater than zero", "qom-set", "path", path, "property", interval, "value", -1L);
    fails("too big", "qom-set", "path", path, "property", interval, "value", 1L << 40);
    fails("expected: integer", "qom-set", "path", path, "property", interval, "value", "2");
    fails("is read-only", "qom-set", "path", path, "property", "guest-stats", "value", 1L);
    fails(
        "Property 'virtio-balloon-device.size' not found",
        "qom-get",
        "path",
        path,
        "property",
        "size");
    fails("DeviceNotFound: Device '/x' not found", "qom-get", "path", "/x", "property", "a");
  }

  @Test
  void aHashNeedsAStoppedGuestAndIsStable() {
    Machine machine = machine();
    machine.runUntilPoll(BOOTED);

    Object hash = run("x-query-ram-hash").get("hash");
    assertThat(run("x-query-ram-hash")).containsEntry("hash", hash);
    assertThat(run("query-status")).containsEntry("status", "paused");
  }

  @Test
  void nameAndConsoleAreAnswered() {
    machine();

    assertThat(run("query-name")).isEqualTo(Map.of("name", "vm1"));
    assertThat(run("x-console-tail", "bytes", 3L)).isEqualTo(Map.of("text", "xxx"));
    fails("1 to 16384", "x-console-tail", "bytes", 0L);
    fails("1 to 16384", "x-console-tail", "bytes", 1L << 33);
  }

  @Test
  void badMigrationArgumentsAreNamed() {
    machine();

    fails("GenericError", "migrate", "uri", "pigeon:home");
    fails("GenericError", "migrate-incoming", "uri", "tcp:127.0.0.1:0");
    fails("no-such", "migrate-set-parameters", "no-such", 1L);
    fails("max-bandwidth", "migrate-set-parameters", "max-bandwidth", true);
    fails(
        "Invalid parameter type for 'capabilities', expected: array",
        "migrate-set-capabilities",
        "capabilities",
        "events");
    fails(
        "capabilities[0].state' is missing",
        "migrate-set-capabilities",
        "capabilities",
        List.of(Map.of("capability", "events")));
    fails(
        "Invalid parameter type for 'capabilities[0].state', expected: boolean",
        "migrate-set-capabilities",
        "capabilities",
        List.of(Map.of("capability", "events", "state", "on")));
    fails(
        "Invalid parameter type for 'capabilities[0]', expected: object",
        "migrate-set-capabilities",
        "capabilities",
        List.of("events"));
    fails(
        "warp",
        "migrate-set-capabilities",
        "capabilities",
        List.of(Map.of("capability", "warp", "state", true)));
    fails("nothing to claim", "x-migrate-claim");
  }
}
