package aerostat.tools.bench.stats;

import aerostat.tools.child.ChildFailure;
import aerostat.vmm.cli.CliException;
import aerostat.vmm.cli.ExitCode;
import aerostat.vmm.cli.Verbosity;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * A subcommand of {@code aerostat bench}: the options that each has, and how its report gets out.
 */
public abstract class Benchmark implements Callable<Integer> {
  @Option(
      names = "--json",
      description = "Print one JSON object to standard output instead of the table.")
  private boolean json;

  @Mixin private Verbosity verbosity = new Verbosity();

  /**
   * Measures; progress goes to standard error.
   *
   * @throws CliException for options that make no sense, and for a failure with a message of its
   *     own
   */
  protected abstract Report measure() throws IOException, ChildFailure;

  /** Refuses an option's value. */
  protected static void require(boolean holds, String message) {
    if (!holds) {
      throw new CliException(ExitCode.USAGE, message);
    }
  }

  @Override
  public final Integer call() {
    try {
      Report report = measure();
      Output.print(json, report.toTable(), report.toJson());
      return report.exitCode();
    } catch (IOException | ChildFailure e) {
      throw new CliException(ExitCode.FAILED, String.valueOf(e.getMessage()));
    }
  }
}
