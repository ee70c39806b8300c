package aerostat.tools.bench.hinting;

import aerostat.tools.bench.stats.Benchmark;
import aerostat.tools.bench.stats.Output;
import aerostat.tools.bench.stats.Report;
import aerostat.tools.child.ChildFailure;
import aerostat.vmm.cli.Size;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code aerostat bench hinting}. */
@Command(
    name = "hinting",
    description = {
      "Measures what a migration costs with each variant of the balloon driver.",
      "Of an idle guest, and of one that wrote and freed half of its memory: time, processor time",
      "and bytes. Then the ping-pong of the v28 letter.",
      ""
    },
    footer = {
      "",
      "Each run boots a new guest in a new process and moves it to another new one. The guest with",
      "variant 'reporting' is given the time to report before. In the ping-pong a guest does a"
          + " fixed",
      "amount of work with four threads: at rest, while it goes to and fro without a pause, and",
      "likewise with hints."
    })
public final class HintingCommand extends Benchmark {
  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      converter = Size.class,
      description = "RAM of each guest. Default 8G.")
  private long memory = 8L << 30;

  @Option(names = "--runs", paramLabel = "N", description = "Of everything. Default 6.")
  private int runs = 6;

  @Option(
      names = "--variants",
      split = ",",
      paramLabel = "NAME",
      description = "Only these: ${COMPLETION-CANDIDATES}.")
  private List<Variant> variants = Arrays.asList(Variant.values());

  @Option(
      names = "--churn",
      paramLabel = "N",
      description = "Allocations in the ping-pong, 0 leaves it out. Default 20000000.")
  private long churn = 20_000_000;

  @Override
  protected Report measure() throws IOException, ChildFailure {
    require(runs >= 1, "--runs " + runs + ": at least 1");
    require(memory >= 64 << 20 && memory % 4096 == 0, "--memory: a multiple of 4K, at least 64M");
    require(churn >= 0, "--churn " + churn + ": at least 0");
    HintingBench bench = kept(new HintingBench(memory, runs, variants, churn, Output::progress));
    bench.run();
    return bench;
  }
}
