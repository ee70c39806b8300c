package aerostat.tools.bench.boot;

import aerostat.tools.bench.stats.Benchmark;
import aerostat.tools.bench.stats.Output;
import aerostat.tools.bench.stats.Report;
import aerostat.vmm.cli.CliException;
import aerostat.vmm.cli.ExitCode;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code aerostat bench boot}. */
@Command(
    name = "boot",
    description = {
      "Measures the time from the start of a process to a guest whose balloon works.",
      "The guest has 128 MiB; the launcher starts it as a user would. Beside it, a bare JVM.",
      ""
    },
    footer = {
      "",
      "Ready is when the guest's line 'virtio_balloon virtio0: ready' comes out of the process.",
      "Goal 450 ms, stretch 300 ms."
    })
public final class BootCommand extends Benchmark {
  @Option(
      names = "--runs",
      paramLabel = "N",
      description = "How many boots; 30 and more give a usable bound. Default 30.")
  private int runs = 30;

  @Override
  protected Report measure() {
    require(runs >= 1, "--runs " + runs + ": at least 1");
    BootBench bench = new BootBench(runs, Output::progress);
    try {
      bench.run();
    } catch (IOException e) {
      throw new CliException(ExitCode.FAILED, "a boot failed: " + e.getMessage());
    }
    return bench;
  }
}
