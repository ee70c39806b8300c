package aerostat.tools.house;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.monitor.Endpoint;
import aerostat.vmm.monitor.Json;
import aerostat.vmm.monitor.QmpClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The packaged application as a user starts it: the launcher, real processes, real sockets. */
@Timeout(120)
class PackagedAppIT {
  private final List<Process> processes = new ArrayList<>();
  @TempDir Path folder = Path.of("unset");

  @AfterEach
  void kill() {
    processes.forEach(Process::destroyForcibly);
  }

  private Process start(String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(List.of(ProjectRoot.find().resolve("aerostat").toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(folder.resolve("stderr").toFile());
    builder.environment().put("AEROSTAT_NO_BUILD", "1");
    Process process = builder.start();
    processes.add(process);
    return process;
  }

  private String stderr() throws IOException {
    return Files.readString(folder.resolve("stderr"), StandardCharsets.ISO_8859_1);
  }

  private static String output(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private static int codeOf(Process process) throws InterruptedException {
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("the process ends").isTrue();
    return process.exitValue();
  }

  /** Reads the guest's console until the workload speaks: by then the driver is up. */
  private static void untilUp(Process process) throws IOException {
    BufferedReader console = process.inputReader(StandardCharsets.ISO_8859_1);
    String line = console.readLine();
    while (line != null && !line.contains("workload: idle")) {
      line = console.readLine();
    }
    assertThat(line).as("the guest's console ends early").isNotNull();
  }

  private Process runGuest(Path socket) throws IOException {
    return start("run", "--memory", "64M", "--qmp", "unix:" + socket, "--append", "workload=idle");
  }

  @Test
  void aGuestBootsAnswersAndQuits() throws Exception {
    Path socket = folder.resolve("a.sock");
    Process vmm = runGuest(socket);
    untilUp(vmm);
    try (QmpClient client = QmpClient.connect(Endpoint.parse("unix:" + socket))) {
      assertThat(client.query("query-status")).containsEntry("status", "running");
      assertThat(client.query("query-balloon")).containsEntry("actual", 64L << 20);
    }
    Process balloon = start("qmp", "unix:" + socket, "query-balloon");
    Map<String, @Nullable Object> answer =
        QmpClient.asObject(Json.read(output(balloon).getBytes(StandardCharsets.UTF_8)));
    assertThat(answer).containsEntry("actual", 64L << 20);
    assertThat(codeOf(start("qmp", "unix:" + socket, "quit"))).isZero();

    assertThat(codeOf(vmm)).isZero();
    assertThat(socket).doesNotExist();
  }

  @Test
  void aSignalEndsTheProcessCleanly() throws Exception {
    Path socket = folder.resolve("a.sock");
    Process vmm = runGuest(socket);
    untilUp(vmm);
    vmm.destroy();

    assertThat(codeOf(vmm)).isEqualTo(143);
    assertThat(socket).doesNotExist();
  }

  @Test
  void anOccupiedSocketIsOneLineAndCodeThree() throws Exception {
    Path socket = folder.resolve("a.sock");
    untilUp(runGuest(socket));
    Process second = runGuest(socket);

    assertThat(codeOf(second)).isEqualTo(3);
    assertThat(stderr()).contains("is served by another process").doesNotContain("\tat ");
  }

  @Test
  void theDemoSucceedsAndLeavesNothing() throws Exception {
    Process demo = start("demo", "--json");
    String json = output(demo);

    assertThat(codeOf(demo)).as(stderr()).isZero();
    Map<String, @Nullable Object> report =
        QmpClient.asObject(Json.read(json.getBytes(StandardCharsets.UTF_8)));
    assertThat(report).containsEntry("ok", true).containsEntry("lost_updates", 0L);
    assertThat((Long) report.get("records_verified")).isPositive();
    assertThat((List<?>) report.get("migrations")).hasSize(2);
  }
}
