package aerostat.tools.bench.balloon;

import aerostat.tools.bench.stats.Benchmark;
import aerostat.tools.bench.stats.Output;
import aerostat.tools.bench.stats.Report;
import aerostat.tools.child.ChildFailure;
import aerostat.vmm.cli.Size;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code aerostat bench balloon}. */
@Command(
    name = "balloon",
    description = {
      "Measures how fast memory goes to the host and comes back.",
      "A guest gives what it touched by the balloon and by free page reporting; the balloon gives",
      "it back.",
      ""
    },
    footer = {
      "",
      "Each run boots a new guest in a new process, which touches and frees SIZE. Then the balloon",
      "inflates to SIZE and deflates. Another guest with free page reporting is watched until it",
      "has reported all of it: a pass every 2 s, as many blocks in each as REPORT-06 allows.",
      "",
      "Goal: inflating and deflating 4 GiB in 1 s; QEMU with KVM takes 7.6 s on this project's",
      "host. After reporting, RAM in host memory is within 1 %% of what the guest holds."
    })
public final class BalloonCommand extends Benchmark {
  @Option(
      names = "--size",
      paramLabel = "SIZE",
      converter = Size.class,
      description = "Memory that is touched, inflated and reported. Default 4G.")
  private long size = 4L << 30;

  @Option(names = "--runs", paramLabel = "N", description = "Inflations. Default 6.")
  private int runs = 6;

  @Option(
      names = "--no-reporting",
      description = "Leave free page reporting out, which takes about 25 s.")
  private boolean noReporting;

  @Override
  protected Report measure() throws IOException, ChildFailure {
    require(runs >= 1, "--runs " + runs + ": at least 1");
    require(size >= 16 << 20 && size % 4096 == 0, "--size: a multiple of 4K, at least 16M");
    BalloonBench bench = new BalloonBench(size, runs, !noReporting, Output::progress);
    bench.run();
    return bench;
  }
}
