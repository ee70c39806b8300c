package aerostat.tools.bench.guest;

import aerostat.tools.bench.stats.Disturbance;
import aerostat.tools.bench.stats.Estimate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs the benchmark of guest code: rounds, and in each round every function in every form, the
 * forms of a function right after each other, each in a JVM of its own.
 */
final class GuestBench {
  /**
   * How much to measure.
   *
   * @param rounds of all functions and forms
   * @param forks 1: a JVM for each; 0: this JVM for all (tests)
   * @param iterations of warm-up, and as many measured
   * @param iterationMillis length of each
   * @param pauses of each guest that is paused
   * @param copyMemory RAM in bytes of the guest that copies; 2 GiB and a little for copies of 1 GiB
   */
  record Effort(
      int rounds,
      int forks,
      int iterations,
      int iterationMillis,
      int pauses,
      long copyMemory,
      List<GuestFunction> functions,
      List<Form> forms) {}

  private static final String[] JVM = {
    "-XX:+UseSerialGC",
    "-Xms64m",
    "-Xmx512m",
    "-Xss512k",
    "--enable-native-access=ALL-UNNAMED",
    // JMH's own use of it
    "--sun-misc-unsafe-memory-access=allow"
  };

  private final Effort effort;
  private final Consumer<String> progress;
  private final Disturbance disturbance = new Disturbance();

  GuestBench(Effort effort, Consumer<String> progress) {
    this.effort = effort;
    this.progress = progress;
    // Two users of a host may measure at the same time; they see each other in the figures.
    System.setProperty("jmh.ignoreLock", "true");
  }

  /** Measures everything. */
  GuestReport run() throws RunnerException {
    GuestReport report = new GuestReport(effort.forms(), disturbance);
    long begin = System.nanoTime();
    for (int round = 1; round <= effort.rounds(); round++) {
      for (GuestFunction function : effort.functions()) {
        progress.accept(
            "round %d of %d: %s (%d s)"
                .formatted(round, effort.rounds(), function.title(), seconds(begin)));
        boolean backwards = round % 2 == 0;
        report.add(function, disturbance.measure(() -> forms(function, backwards)));
      }
      progress.accept("round %d of %d: stop and resume".formatted(round, effort.rounds()));
      report.addStop(disturbance.measure(this::stop));
    }
    pauses(report);
    return report;
  }

  private static long seconds(long since) {
    return (System.nanoTime() - since) / 1_000_000_000;
  }

  private Map<Form, Double> forms(GuestFunction function, boolean backwards)
      throws RunnerException {
    List<Form> order = new ArrayList<>(effort.forms());
    if (backwards) {
      java.util.Collections.reverse(order);
    }
    Map<Form, Double> nanos = new EnumMap<>(Form.class);
    for (Form form : order) {
      Options options =
          options(GuestBenchmark.class)
              .param("form", form.name())
              .param("function", function.name())
              .build();
      nanos.put(form, score(options) / function.operations());
    }
    return nanos;
  }

  /** Cost of a stop of ten frames in ns, with its resume. */
  private double stop() throws RunnerException {
    double without = score(options(StopBenchmark.class).param("stop", "false").build());
    double with = score(options(StopBenchmark.class).param("stop", "true").build());
    return with - without;
  }

  private ChainedOptionsBuilder options(Class<?> benchmark) {
    TimeValue time = TimeValue.milliseconds(effort.iterationMillis());
    return new OptionsBuilder()
        .include("^" + benchmark.getName().replace(".", "\\.") + "\\.")
        .forks(effort.forks())
        .warmupForks(0)
        .warmupIterations(effort.iterations())
        .measurementIterations(effort.iterations())
        .warmupTime(time)
        .measurementTime(time)
        .jvmArgs(JVM)
        .verbosity(VerboseMode.SILENT)
        .shouldFailOnError(true);
  }

  /** Median over the iterations of the one benchmark that fits the options. */
  private static double score(Options options) throws RunnerException {
    Collection<RunResult> results = new Runner(options).run();
    if (results.size() != 1) {
      throw new RunnerException(results.size() + " benchmarks fit, not one");
    }
    double[] nanos =
        results.iterator().next().getBenchmarkResults().stream()
            .flatMap(fork -> fork.getIterationResults().stream())
            .mapToDouble(ThreadTime::perCall)
            .sorted()
            .toArray();
    return Estimate.quantile(nanos, 0.5);
  }

  private void pauses(GuestReport report) {
    if (effort.pauses() == 0) {
      return;
    }
    progress.accept("pauses of a guest that spins");
    report.add(
        disturbance.measure(
            () -> PauseLatency.measure("for (;;) counter++", "Spin", 64 << 20, effort.pauses())));
    progress.accept("pauses of a guest that copies");
    report.add(
        disturbance.measure(
            () ->
                PauseLatency.measure(
                    "copy of " + copySize(), "Copy", effort.copyMemory(), effort.pauses())));
  }

  private String copySize() {
    return aerostat.vmm.cli.Size.show((effort.copyMemory() / 2) >> 20 << 20);
  }
}
