package aerostat.tools.bench.stats;

import aerostat.tools.child.ChildFailure;
import aerostat.vmm.cli.CliException;
import aerostat.vmm.cli.ExitCode;
import aerostat.vmm.cli.JsonOutput;
import aerostat.vmm.cli.Verbosity;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;

/**
 * A subcommand of {@code aerostat bench}: the options that each has, and how its report gets out.
 */
public abstract class Benchmark implements Callable<Integer> {
  @Mixin private JsonOutput json = new JsonOutput();

  @Mixin private Verbosity verbosity = new Verbosity();

  private @Nullable Report soFar;

  /**
   * Measures; progress goes to standard error.
   *
   * @throws CliException for options that make no sense, and for a failure with a message of its
   *     own
   */
  protected abstract Report measure() throws IOException, ChildFailure;

  /**
   * From now on a failure does not lose what the report has: it is printed before the error, in
   * JSON with the reason as {@code error}.
   */
  protected final <R extends Report> R kept(R report) {
    soFar = report;
    return report;
  }

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
      json.report(report.toJson(), report.toTable());
      return report.exitCode();
    } catch (IOException | ChildFailure e) {
      String reason = String.valueOf(e.getMessage());
      if (soFar != null) {
        Map<String, Object> object = new LinkedHashMap<>(soFar.toJson());
        object.put("error", reason);
        json.report(object, soFar.toTable());
      }
      throw new CliException(ExitCode.FAILED, reason);
    }
  }
}
