package aerostat.tools.bench.boot;

import aerostat.tools.bench.stats.Disturbance;
import aerostat.tools.bench.stats.Estimate;
import aerostat.tools.bench.stats.Goal;
import aerostat.tools.bench.stats.Report;
import aerostat.tools.bench.stats.TextTable;
import aerostat.tools.child.VmmChild;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Boots guests one after the other, each beside a bare JVM. The guest's own console line tells that
 * its balloon works, so that watching costs the VMM nothing.
 */
final class BootBench implements Report {
  private static final String READY = "virtio_balloon virtio0: ready";
  private static final double GOAL_MILLIS = 450;
  private static final double STRETCH_MILLIS = 300;

  private final int runs;
  private final Consumer<String> progress;
  private final Disturbance disturbance = new Disturbance();
  private final List<Run> done = new ArrayList<>();

  /** One round, in ms. */
  private record Run(double hello, double jvm, double guestStarts, double ready) {}

  BootBench(int runs, Consumer<String> progress) {
    this.runs = runs;
    this.progress = progress;
  }

  void run() throws IOException {
    // The first start fills the caches of the host and of the launcher.
    once();
    for (int i = 1; i <= runs; i++) {
      Run run = disturbance.measure(this::once);
      done.add(run);
      progress.accept(
          String.format(
              Locale.ROOT,
              "run %d of %d: %.0f ms, bare JVM %.0f ms",
              i,
              runs,
              run.ready(),
              run.hello()));
    }
  }

  private Run once() throws IOException {
    List<String> program = VmmChild.program();
    Stopwatch.Times hello = Stopwatch.until("hello", helloCommand(), Map.of());
    Stopwatch.Times jvm =
        program.size() == 1
            ? Stopwatch.until(
                "",
                List.of(program.get(0), "run"),
                Map.of("AEROSTAT_NO_BUILD", "1", "AEROSTAT_JAVA_OPTS", "--version"))
            : hello;
    List<String> command = new ArrayList<>(program);
    command.addAll(List.of("run", "--memory", "128M"));
    Stopwatch.Times boot = Stopwatch.until(READY, command, Map.of("AEROSTAT_NO_BUILD", "1"));
    return new Run(hello.found() / 1e6, jvm.first() / 1e6, boot.first() / 1e6, boot.found() / 1e6);
  }

  private static List<String> helloCommand() {
    try {
      Path place = Path.of(Hello.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return List.of(
          Path.of(System.getProperty("java.home"), "bin", "java").toString(),
          "-XX:+UseSerialGC",
          "-cp",
          place.toString(),
          Hello.class.getName());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private interface Part {
    double of(Run run);
  }

  private Estimate estimate(Part part) {
    return Estimate.of(done.stream().map(part::of).toList());
  }

  private Map<String, Estimate> parts() {
    Map<String, Estimate> parts = new LinkedHashMap<>();
    parts.put("ready", estimate(Run::ready));
    parts.put("hello", estimate(Run::hello));
    parts.put("launcher_and_jvm", estimate(Run::jvm));
    parts.put("vmm", estimate(r -> r.guestStarts() - r.jvm()));
    parts.put("guest", estimate(r -> r.ready() - r.guestStarts()));
    return parts;
  }

  List<Goal> goals() {
    double median = estimate(Run::ready).median();
    return List.of(
        new Goal("boot, 128 MiB", "ms", GOAL_MILLIS, median),
        new Goal("boot, 128 MiB, stretch", "ms", STRETCH_MILLIS, median));
  }

  @Override
  public String toTable() {
    Map<String, String> titles =
        Map.of(
            "ready", "process start to balloon driver ready",
            "hello", "a bare JVM that prints hello",
            "launcher_and_jvm", "of the boot: launcher and JVM",
            "vmm", "of the boot: classes, image, memory, to the guest's first line",
            "guest", "of the boot: the guest, from its first line");
    TextTable table = new TextTable().row("ms", "median [95 % bound]", "fastest run");
    Map<String, Double> fastest =
        Map.of(
            "ready", done.stream().mapToDouble(Run::ready).min().orElseThrow(),
            "hello", done.stream().mapToDouble(Run::hello).min().orElseThrow());
    parts()
        .forEach(
            (name, estimate) ->
                table.row(
                    titles.getOrDefault(name, name),
                    estimate.show(0),
                    fastest.containsKey(name)
                        ? String.format(Locale.ROOT, "%.0f", fastest.get(name))
                        : ""));
    StringBuilder text = new StringBuilder(table.toString());
    text.append(System.lineSeparator());
    goals().forEach(goal -> text.append(goal.show()).append(System.lineSeparator()));
    text.append(done.size()).append(" runs, ").append(disturbance.show());
    return text.append(System.lineSeparator()).toString();
  }

  @Override
  public Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    parts().forEach((name, estimate) -> object.put(name + "_ms", estimate.toJson()));
    object.put("goals", goals().stream().map(Goal::toJson).toList());
    object.put("host", disturbance.toJson());
    return object;
  }
}
