package aerostat.tools.child;

import aerostat.vmm.monitor.Endpoint;
import aerostat.vmm.monitor.QmpClient;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A process of {@code aerostat run}, with its QMP socket, console file and memory use. */
public final class VmmChild implements AutoCloseable {
  private static final Duration ANSWER = Duration.ofSeconds(20);
  private static final Duration EVENT = Duration.ofMillis(500);
  private static final Set<String> ENDS = Set.of("completed", "failed", "cancelled");
  private static final Pattern STAT =
      Pattern.compile("workload-stat name=(\\S+) verified=(\\d+) lost=(\\d+)");

  private final String name;
  private final Path folder;
  private final Process process;
  private @Nullable QmpClient client;

  private VmmChild(String name, Path folder, Process process) {
    this.name = name;
    this.folder = folder;
    this.process = process;
  }

  /** What the guest's workloads have counted, as the last lines on a console tell. */
  public record Counters(long verified, long lost) {}

  /** Starts {@code aerostat run} with QMP and console in the folder, and these options. */
  public static VmmChild start(String name, Path folder, List<String> options) throws IOException {
    return start(name, folder, options, "");
  }

  /**
   * As {@link #start}, for a process that lives for seconds: the optimising compiler would take
   * more time than it saves.
   */
  public static VmmChild startBriefly(String name, Path folder, List<String> options)
      throws IOException {
    return start(name, folder, options, "-XX:TieredStopAtLevel=1");
  }

  private static VmmChild start(String name, Path folder, List<String> options, String javaOptions)
      throws IOException {
    List<String> command = new ArrayList<>(program());
    command.add("run");
    command.addAll(List.of("--name", name, "--qmp", "unix:" + folder.resolve(name + ".sock")));
    command.addAll(List.of("--console", "file:" + folder.resolve(name + ".console")));
    command.addAll(options);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(name + ".log").toFile());
    builder.environment().put("AEROSTAT_NO_BUILD", "1");
    if (!javaOptions.isEmpty()) {
      builder.environment().put("AEROSTAT_JAVA_OPTS", javaOptions);
    }
    return new VmmChild(name, folder, builder.start());
  }

  /** The launcher that started this process; without one, this JVM's own program. */
  public static List<String> program() {
    String launcher = System.getProperty("aerostat.launcher");
    if (launcher != null) {
      return List.of(launcher);
    }
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-cp",
        System.getProperty("java.class.path"),
        "aerostat.vmm.cli.Main");
  }

  public String name() {
    return name;
  }

  public long pid() {
    return process.pid();
  }

  /** As to be written behind {@code aerostat qmp}. */
  public String address() {
    return "unix:" + folder.resolve(name + ".sock");
  }

  /** Runs a QMP command; an error is a failure of the step. */
  public @Nullable Object qmp(String command, Map<String, ?> arguments) throws ChildFailure {
    try {
      return connected().execute(command, arguments, ANSWER);
    } catch (IOException e) {
      throw new ChildFailure(name + ": " + command + ": " + e.getMessage() + diagnosis());
    }
  }

  public Map<String, @Nullable Object> query(String command) throws ChildFailure {
    return QmpClient.asObject(qmp(command, Map.of()));
  }

  private QmpClient connected() throws IOException, ChildFailure {
    QmpClient connected = client;
    if (connected == null) {
      Patience patience = new Patience(ANSWER);
      while (connected == null) {
        try {
          connected = QmpClient.connect(Endpoint.parse(address()));
        } catch (ConnectException e) {
          // It is still starting, unless it has ended.
          if (!process.isAlive() || !patience.wait(Duration.ofMillis(10))) {
            throw new ChildFailure(name + " did not open its QMP socket" + diagnosis());
          }
        }
      }
      client = connected;
    }
    return connected;
  }

  /** {@code actual} of the balloon, or -1 before a driver has started. */
  public long balloon() throws ChildFailure {
    try {
      return QmpClient.asObject(connected().execute("query-balloon", Map.of(), ANSWER))
                  .get("actual")
              instanceof Long actual
          ? actual
          : -1;
    } catch (QmpClient.QmpError e) {
      if (e.errorClass().equals("DeviceNotActive")) {
        return -1;
      }
      throw new ChildFailure(name + ": query-balloon: " + e.getMessage());
    } catch (IOException e) {
      throw new ChildFailure(name + ": " + e.getMessage() + diagnosis());
    }
  }

  /**
   * Migrates the guest from this process and waits for the end by events: a question in the middle
   * would take time from what is measured.
   *
   * @return query-migrate, of a migration that is completed
   */
  public Map<String, @Nullable Object> migrate(String uri, Duration limit) throws ChildFailure {
    long end = System.nanoTime() + limit.toNanos();
    try {
      QmpClient source = connected();
      while (source.event(Duration.ZERO) != null) {
        // Of an earlier migration.
      }
      qmp("migrate", Map.of("uri", uri));
      while (System.nanoTime() < end) {
        Map<String, @Nullable Object> event = source.event(EVENT);
        if (event == null || ENDS.contains(status(event.get("data")))) {
          Map<String, @Nullable Object> state = query("query-migrate");
          if (ENDS.contains(status(state))) {
            return completed(state);
          }
        }
      }
      throw new ChildFailure(name + ": the migration does not end: " + query("query-migrate"));
    } catch (IOException e) {
      throw new ChildFailure(name + ": " + e.getMessage() + diagnosis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ChildFailure("interrupted");
    }
  }

  private Map<String, @Nullable Object> completed(Map<String, @Nullable Object> state)
      throws ChildFailure {
    if (status(state).equals("completed")) {
      return state;
    }
    throw new ChildFailure(
        name + ": the migration is " + status(state) + ": " + state.get("error-desc"));
  }

  private static String status(@Nullable Object state) {
    return String.valueOf(QmpClient.asObject(state).get("status"));
  }

  /** Processor time that the process has used; zero where the host does not tell. */
  public Duration processorTime() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** Waits until the guest has printed this. */
  public void awaitConsole(String text, Duration limit) throws ChildFailure {
    Patience patience = new Patience(limit);
    while (!console().contains(text)) {
      if (!process.isAlive() || !patience.wait(Duration.ofMillis(10))) {
        throw new ChildFailure(name + ": no '" + text + "' on the console" + diagnosis());
      }
    }
  }

  /** Bytes of host memory that the whole process uses, from the kernel's own account. */
  public long resident() throws ChildFailure {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid() + "/smaps_rollup"))) {
        if (line.startsWith("Rss:")) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
        }
      }
      throw new ChildFailure("/proc/" + pid() + "/smaps_rollup has no Rss");
    } catch (IOException e) {
      throw new ChildFailure("cannot read the process's memory use: " + e.getMessage());
    }
  }

  /** Everything that a guest has printed in this process. */
  public String console() throws ChildFailure {
    Path file = folder.resolve(name + ".console");
    try {
      return Files.exists(file) ? Files.readString(file, StandardCharsets.ISO_8859_1) : "";
    } catch (IOException e) {
      throw new ChildFailure("cannot read the console: " + e.getMessage());
    }
  }

  /** The newest counters on this console: those of kvstore verified, the losses of all. */
  public Counters counters() throws ChildFailure {
    long verified = 0;
    Map<String, Long> lost = new java.util.HashMap<>();
    Matcher matcher = STAT.matcher(console());
    while (matcher.find()) {
      if (matcher.group(1).equals("kvstore")) {
        verified = Long.parseLong(matcher.group(2));
      }
      lost.put(matcher.group(1), Long.parseLong(matcher.group(3)));
    }
    return new Counters(verified, lost.values().stream().mapToLong(Long::longValue).sum());
  }

  private String diagnosis() {
    StringBuilder text = new StringBuilder();
    for (String file : List.of(name + ".log", name + ".console")) {
      try {
        List<String> lines = Files.readAllLines(folder.resolve(file), StandardCharsets.ISO_8859_1);
        lines.stream()
            .skip(Math.max(0, lines.size() - 5))
            .forEach(line -> text.append("\n  ").append(file).append(": ").append(line));
      } catch (IOException absent) {
        // Nothing was written there.
      }
    }
    return text.toString();
  }

  /** Quits politely, then not. */
  @Override
  public void close() {
    QmpClient connected = client;
    if (connected != null) {
      try (connected) {
        connected.execute("quit", Map.of(), Duration.ofSeconds(2));
        process.waitFor(3, TimeUnit.SECONDS);
      } catch (IOException goneAlready) {
        // It is killed below if it is not.
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    kill();
  }

  public void kill() {
    process.destroyForcibly();
  }
}
