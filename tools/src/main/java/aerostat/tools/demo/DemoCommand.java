package aerostat.tools.demo;

import aerostat.vmm.cli.CliException;
import aerostat.vmm.cli.ExitCode;
import aerostat.vmm.cli.Verbosity;
import aerostat.vmm.monitor.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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
      "process with free page hinting off and back with it on, while kvstore watches for every lost",
      "write. About 1.5 GiB of free memory are needed.",
      "",
      "Exit codes: 0 every record is right and both migrations completed; 1 otherwise."
    })
public final class DemoCommand implements Callable<Integer> {
  @Option(
      names = "--json",
      description = "Print one JSON object to standard output, the steps to standard error.")
  private boolean json;

  @Mixin private Verbosity verbosity = new Verbosity();

  @Override
  public Integer call() {
    try (Demo demo = new Demo(json ? System.err : System.out)) {
      Report report = demo.run();
      if (json) {
        System.out.println(new String(Json.write(report.toJson(), true), StandardCharsets.UTF_8));
      } else {
        System.out.println();
        System.out.print(report.toTable());
      }
      return report.ok() ? ExitCode.OK : ExitCode.FAILED;
    } catch (IOException e) {
      throw new CliException(ExitCode.UNAVAILABLE, "cannot start: " + e.getMessage());
    }
  }
}
