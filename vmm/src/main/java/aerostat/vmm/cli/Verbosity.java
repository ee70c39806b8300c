package aerostat.vmm.cli;

import picocli.CommandLine.Option;

/** The options that every command has. */
public final class Verbosity {
  private boolean[] verbose = new boolean[0];

  @Option(
      names = {"-v", "--verbose"},
      description = "Show what happens (twice: more), and stack traces of internal errors.")
  void verbose(boolean[] times) {
    verbose = times;
    System.setProperty(LogSetup.LEVEL, times.length > 1 ? "DEBUG" : "INFO");
  }

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and end.")
  private boolean help;

  boolean wantsStackTraces() {
    return verbose.length > 0;
  }

  boolean wantsHelp() {
    return help;
  }
}
