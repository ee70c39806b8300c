package aerostat.tools.bench.migration;

import aerostat.tools.bench.faults.FaultBench;
import aerostat.tools.bench.stats.Benchmark;
import aerostat.tools.bench.stats.Output;
import aerostat.tools.bench.stats.Report;
import aerostat.tools.child.ChildFailure;
import aerostat.vmm.cli.Size;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code aerostat bench migration}. */
@Command(
    name = "migration",
    description = {
      "Measures the migration of an idle guest between two processes over loopback, with free page",
      "hinting off and on in turn.",
      ""
    },
    footer = {
      "",
      "Each run boots a new guest in a new process and moves it to another new one, with public",
      "commands alone. The ratio is shown beside the 14 %% that the cover letter of the kernel's",
      "patches reports for such a guest on other machines."
    })
public final class MigrationCommand extends Benchmark {
  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      converter = Size.class,
      description = "Guest RAM. Default 8G.")
  private long memory = 8L << 30;

  @Option(
      names = "--resident",
      paramLabel = "SIZE",
      converter = Size.class,
      description = "How much of it is filled with random content. Default 224M.")
  private long resident = 224L << 20;

  @Option(
      names = "--runs",
      paramLabel = "N",
      description = "Migrations with hints, and as many without. Default 10.")
  private int runs = 10;

  @Option(
      names = "--faults",
      paramLabel = "N",
      description = "Plays N random fault plans for the handover instead, and counts how they end.")
  private @Nullable Integer faults;

  @Option(names = "--seed", paramLabel = "N", description = "Of the first plan. Default 1.")
  private long seed = 1;

  @Option(
      names = "--processes",
      description = "With --faults: real processes and SIGKILL, not both sides in this process.")
  private boolean processes;

  @Override
  protected Report measure() throws IOException, ChildFailure {
    if (faults != null) {
      return new FaultBench(faults, seed, processes).play();
    }
    require(runs >= 1, "--runs " + runs + ": at least 1");
    require(resident >= 1 << 20 && resident <= memory / 2, "--resident: 1M to half of --memory");
    MigrationBench bench =
        new MigrationBench(new MigrationRun.Guest(memory, resident), runs, Output::progress);
    bench.run();
    return bench;
  }
}
