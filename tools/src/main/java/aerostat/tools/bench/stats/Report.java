package aerostat.tools.bench.stats;

import aerostat.vmm.cli.ExitCode;
import java.util.Map;

/** What a benchmark has found, in both of its forms. */
public interface Report {
  /** For people; ends with a line end. */
  String toTable();

  /** The same figures. */
  Map<String, Object> toJson();

  /**
   * How the command ends: {@link ExitCode#FAILED} where the figures say that something is wrong.
   */
  default int exitCode() {
    return ExitCode.OK;
  }
}
