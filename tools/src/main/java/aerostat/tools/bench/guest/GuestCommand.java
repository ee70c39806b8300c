package aerostat.tools.bench.guest;

import aerostat.tools.bench.stats.Benchmark;
import aerostat.tools.bench.stats.Output;
import aerostat.tools.bench.stats.Report;
import aerostat.vmm.cli.CliException;
import aerostat.vmm.cli.ExitCode;
import java.util.Arrays;
import java.util.List;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code aerostat bench guest}. */
@Command(
    name = "guest",
    description = {
      "Measures guest code, what polls and dirty marks cost it, stops and pauses (JMH).",
      "Each function runs as plain Java, erased without polls and dirty marks, as the VMM runs it,",
      "and the same after many stops.",
      ""
    },
    footer = {
      "",
      "Each form of each function runs in a JVM of its own, the forms of one function right after",
      "each other, over several rounds. A ratio is taken within a round; its median over the"
          + " rounds",
      "is shown with a 95 %% bound. What a stolen processor disturbed is repeated. A full run"
          + " takes",
      "about ten minutes.",
      "",
      "  aerostat bench guest                                     everything",
      "  aerostat bench guest --rounds 2 --functions WALK,SCAN    a quick look",
      "  aerostat bench guest --forms ERASED,POLLED,MARKED,VMM    what polls and marks cost alone",
      "",
      "Goals: VMM / erased at most 1.25 in the geometric mean and 1.6 for each; VMM / plain Java",
      "below 1; a stop of ten frames with its resume 0.5 µs; a pause 100 µs, p99 5 ms."
    })
public final class GuestCommand extends Benchmark {
  private static final long COPY_MEMORY = (2L << 30) + (8L << 20);

  @Option(names = "--rounds", paramLabel = "N", description = "Default 6, for a 95 %% bound.")
  private int rounds = 6;

  @Option(
      names = "--iteration",
      paramLabel = "MS",
      description = "Length of each of 5 iterations of warm-up and 5 measured. Default 200.")
  private int iterationMillis = 200;

  @Option(
      names = "--functions",
      split = ",",
      paramLabel = "NAME",
      description = "Only these: ${COMPLETION-CANDIDATES}.")
  private List<GuestFunction> functions = Arrays.asList(GuestFunction.values());

  @Option(
      names = "--forms",
      split = ",",
      paramLabel = "NAME",
      description = "Only these: ${COMPLETION-CANDIDATES}. Default PLAIN,ERASED,VMM,STOPPED.")
  private List<Form> forms = Form.COMPARED;

  @Option(
      names = "--pauses",
      paramLabel = "N",
      description = "How often each guest is paused; 0 leaves that out. Default 2000.")
  private int pauses = 2000;

  /** JMH puts what happened in the benchmark's JVM beside its own message. */
  private static String reason(RunnerException e) {
    StringBuilder reason = new StringBuilder(String.valueOf(e.getMessage()));
    for (Throwable cause : e.getSuppressed()) {
      reason.append("; ").append(cause.getMessage());
    }
    return reason.toString();
  }

  @Override
  protected Report measure() {
    require(
        rounds >= 1 && iterationMillis >= 1 && pauses >= 0,
        "--rounds and --iteration are at least 1, --pauses 0");
    GuestBench.Effort effort =
        new GuestBench.Effort(rounds, 1, 5, iterationMillis, pauses, COPY_MEMORY, functions, forms);
    try {
      return new GuestBench(effort, Output::progress).run();
    } catch (RunnerException e) {
      throw new CliException(ExitCode.FAILED, "a measurement failed: " + reason(e));
    }
  }
}
