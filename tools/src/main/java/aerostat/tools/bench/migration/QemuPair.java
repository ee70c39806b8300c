package aerostat.tools.bench.migration;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

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
import java.util.Locale;
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

  /** What Linux says first on its console. */
  private static final String LINUX = "Linux version";

  /** What runs QEMU's guest. */
  public enum Accelerator {
    KVM("KVM"),
    TCG("emulation (TCG)");

    private final String shown;

    Accelerator(String shown) {
      this.shown = shown;
    }

    /** KVM, where this process may use it. */
    static Accelerator ofHost() {
      return Files.isWritable(Path.of("/dev/kvm")) ? KVM : TCG;
    }
  }

  /**
   * How QEMU is started.
   *
   * @param kernel of a Linux guest; null: firmware only, which uses no memory to speak of
   * @param settle how long a guest boots before it is migrated
   */
  public record Setup(
      Accelerator accelerator,
      long memoryBytes,
      @Nullable Path kernel,
      @Nullable Path initrd,
      Duration settle) {}

  /** One migration, as QEMU counts it. */
  public record Migration(double totalMillis, double downtimeMillis, double transferredBytes) {}

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
        + setup.accelerator().shown
        + ", "
        + (setup.kernel() == null ? "firmware only" : "Linux");
  }

  /**
   * One migration between two new processes.
   *
   * @throws ChildFailure if Linux did not boot, or the migration fails
   */
  public static Migration migrate(Setup setup, boolean hints) throws IOException, ChildFailure {
    Path folder = Files.createTempDirectory("aerostat-qemu");
    Path way = folder.resolve("way");
    List<Process> processes = new ArrayList<>();
    try {
      processes.add(start(setup, folder.resolve("a"), hints, null));
      processes.add(start(setup, folder.resolve("b"), hints, "unix:" + way));
      try (QmpClient source = connect(folder.resolve("a"));
          QmpClient target = connect(folder.resolve("b"))) {
        new Patience(setup.settle()).wait(setup.settle());
        requireLinux(setup, serial(folder.resolve("a")));
        // No limit, as ours has none.
        source.execute("migrate-set-parameters", Map.of("max-bandwidth", 1L << 40));
        target.query("query-status");
        source.execute("migrate", Map.of("uri", "unix:" + way));
        return await(source);
      }
    } finally {
      processes.forEach(Process::destroyForcibly);
      for (String name : List.of("a", "b", "way", "a.serial", "b.serial")) {
        Files.deleteIfExists(folder.resolve(name));
      }
      Files.deleteIfExists(folder);
    }
  }

  /** A guest that hangs in its first instructions would be quick to migrate. */
  private static void requireLinux(Setup setup, Path serial) throws IOException, ChildFailure {
    if (setup.kernel() != null && !Files.readString(serial, ISO_8859_1).contains(LINUX)) {
      throw new ChildFailure(
          "QEMU's guest did not boot Linux with %s within %d s; try --qemu-accel or --qemu-settle"
              .formatted(setup.accelerator().shown, setup.settle().toSeconds()));
    }
  }

  private static Path serial(Path socket) {
    return socket.resolveSibling(socket.getFileName() + ".serial");
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
                setup.accelerator().name().toLowerCase(Locale.ROOT),
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
      command.addAll(List.of("-kernel", kernel.toString(), "-append", "console=ttyS0 panic=0"));
      command.addAll(List.of("-serial", "file:" + serial(socket)));
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

  private static Migration await(QmpClient source) throws IOException, ChildFailure {
    Patience patience = new Patience(LIMIT);
    while (true) {
      Map<String, @Nullable Object> state = source.query("query-migrate");
      String status = String.valueOf(state.get("status"));
      if (status.equals("completed")) {
        return new Migration(
            number(state, "total-time"),
            number(state, "downtime"),
            number(QmpClient.asObject(state.get("ram")), "transferred"));
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
