package aerostat.tools.demo;

import aerostat.vmm.cli.CliException;
import aerostat.vmm.cli.ExitCode;
import aerostat.vmm.cli.JsonOutput;
import aerostat.vmm.cli.Verbosity;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code aerostat demo}. */
@Command(
    name = "demo",
    description = {
      "Shows ballooning and live migration with two VMM processes, in half a minute.",
      ""
    },
    footer = {
      "",
      "A guest of 1 GiB boots, inflates its balloon to half and deflates it, moves to a second",
      "process with free page hinting off and back with it on, while kvstore watches for every"
          + " lost",
      "write. About 1.5 GiB of free memory are needed.",
      "",
      "Exit codes: 0 every record is right and both migrations completed; 1 otherwise."
    })
public final class DemoCommand implements Callable<Integer> {
  @Mixin private JsonOutput json = new JsonOutput();

  @Mixin private Verbosity verbosity = new Verbosity();

  @Override
  public Integer call() {
    try (Demo demo = new Demo(json.text())) {
      Report report = demo.run();
      json.report(report.toJson(), "\n" + report.toTable());
      return report.ok() ? ExitCode.OK : ExitCode.FAILED;
    } catch (IOException e) {
      throw new CliException(ExitCode.UNAVAILABLE, "cannot start: " + e.getMessage());
    }
  }
}
