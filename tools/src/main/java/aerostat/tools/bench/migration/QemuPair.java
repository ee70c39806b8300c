package aerostat.tools.bench.migration;

import aerostat.tools.child.ChildFailure;
import aerostat.tools.child.Patience;
import aerostat.vmm.monitor.Endpoint;
import aerostat.vmm.monitor.QmpClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * QEMU itself, for comparison: an idle guest of the same size between two of its processes. Never
 * while guests of ours live.
 */
public final class QemuPair {
  static final String PROGRAM = "qemu-system-x86_64";
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Duration LOOK = Duration.ofMillis(5);

  /**
   * How QEMU is started.
   *
   * @param kernel of a Linux guest; null: firmware only, which uses no memory to speak of
   * @param settle how long a guest boots before it is migrated
   */
  public record Setup(
      long memoryBytes, @Nullable Path kernel, @Nullable Path initrd, Duration settle) {}

  private QemuPair() {}

  /** Whether there is a QEMU on the path. */
  static boolean installed() {
    for (String folder : System.getenv().getOrDefault("PATH", "").split(":")) {
      if (Files.isExecutable(Path.of(folder, PROGRAM))) {
        return true;
      }
    }
    return false;
  }

  /** What the guest is, for the report: emulation is named as such. */
  public static String describe(Setup setup) {
    return "QEMU, "
        + (kvm() ? "KVM" : "emulation (TCG)")
        + ", "
        + (setup.kernel() == null ? "firmware only" : "Linux");
  }

  private static boolean kvm() {
    return Files.isWritable(Path.of("/dev/kvm"));
  }

  /** Total time and downtime of one migration, ms. */
  public static double[] migrate(Setup setup, boolean hints) throws IOException, ChildFailure {
    Path folder = Files.createTempDirectory("aerostat-qemu");
    Path way = folder.resolve("way");
    List<Process> processes = new ArrayList<>();
    try {
      processes.add(start(setup, folder.resolve("a"), hints, null));
      processes.add(start(setup, folder.resolve("b"), hints, "unix:" + way));
      try (QmpClient source = connect(folder.resolve("a"));
          QmpClient target = connect(folder.resolve("b"))) {
        new Patience(setup.settle()).wait(setup.settle());
        // No limit, as ours has none.
        source.execute("migrate-set-parameters", Map.of("max-bandwidth", 1L << 40));
        target.query("query-status");
        source.execute("migrate", Map.of("uri", "unix:" + way));
        return await(source);
      }
    } finally {
      processes.forEach(Process::destroyForcibly);
      for (String name : List.of("a", "b", "way")) {
        Files.deleteIfExists(folder.resolve(name));
      }
      Files.deleteIfExists(folder);
    }
  }

  private static QmpClient connect(Path socket) throws IOException {
    return QmpClient.connect(new Endpoint.Unix(socket), Duration.ofSeconds(20));
  }

  private static Process start(Setup setup, Path socket, boolean hints, @Nullable String incoming)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                PROGRAM,
                "-nodefaults",
                "-display",
                "none",
                "-accel",
                kvm() ? "kvm" : "tcg",
                "-m",
                (setup.memoryBytes() >> 20) + "M",
                "-object",
                "iothread,id=hints",
                "-device",
                "virtio-balloon-pci,iothread=hints,free-page-hint=" + (hints ? "on" : "off"),
                "-qmp",
                "unix:" + socket + ",server=on,wait=off"));
    Path kernel = setup.kernel();
    Path initrd = setup.initrd();
    if (kernel != null) {
      command.addAll(List.of("-kernel", kernel.toString(), "-append", "quiet panic=0"));
    }
    if (initrd != null) {
      command.addAll(List.of("-initrd", initrd.toString()));
    }
    if (incoming != null) {
      command.addAll(List.of("-incoming", incoming));
    }
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static double[] await(QmpClient source) throws IOException, ChildFailure {
    Patience patience = new Patience(LIMIT);
    while (true) {
      Map<String, @Nullable Object> state = source.query("query-migrate");
      String status = String.valueOf(state.get("status"));
      if (status.equals("completed")) {
        return new double[] {number(state, "total-time"), number(state, "downtime")};
      }
      if (status.equals("failed") || !patience.wait(LOOK)) {
        throw new ChildFailure("QEMU's migration is " + status + ": " + state.get("error-desc"));
      }
    }
  }

  private static double number(Map<String, @Nullable Object> object, String name) {
    return object.get(name) instanceof Number n ? n.doubleValue() : 0;
  }
}
