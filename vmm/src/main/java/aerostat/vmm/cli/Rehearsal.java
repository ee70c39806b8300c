package aerostat.vmm.cli;

import aerostat.vmm.migration.MigrationService;
import aerostat.vmm.monitor.Endpoint;
import aerostat.vmm.monitor.QmpClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * {@code aerostat x-rehearse}, for the launcher only: boots a small guest, talks to it as a user
 * would and quits, while the JVM notes which classes that takes for its start-up cache.
 */
final class Rehearsal {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final long PAUSE_NANOS = Duration.ofMillis(5).toNanos();

  private Rehearsal() {}

  static int run() {
    try {
      Path folder = Files.createTempDirectory("aerostat");
      try {
        Endpoint.Unix socket = new Endpoint.Unix(folder.resolve("q"));
        Thread.ofPlatform().daemon().name("user").start(() -> use(socket));
        return Main.run("run", "-m", "64M", "--qmp", socket.toString(), "--console", "none");
      } finally {
        Files.deleteIfExists(folder.resolve("q"));
        Files.deleteIfExists(folder);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void use(Endpoint.Unix socket) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    try (QmpClient client = QmpClient.connect(socket, PATIENCE)) {
      while (!balloonActive(client) && System.nanoTime() < end) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
      client.query("query-status");
      MigrationService.prepare();
      client.execute("quit", Map.of());
    } catch (IOException e) {
      System.err.println("aerostat x-rehearse: " + e.getMessage());
      Runtime.getRuntime().exit(ExitCode.FAILED);
    }
  }

  private static boolean balloonActive(QmpClient client) throws IOException {
    try {
      client.query("query-balloon");
      return true;
    } catch (QmpClient.QmpError notYet) {
      return false;
    }
  }
}
