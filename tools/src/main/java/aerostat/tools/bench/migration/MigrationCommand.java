package aerostat.tools.bench.migration;

import aerostat.tools.bench.faults.FaultBench;
import aerostat.tools.bench.migration.goals.GoalSettings;
import aerostat.tools.bench.migration.goals.GoalsBench;
import aerostat.tools.bench.stats.Benchmark;
import aerostat.tools.bench.stats.Output;
import aerostat.tools.bench.stats.Report;
import aerostat.tools.child.ChildFailure;
import aerostat.vmm.cli.Size;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code aerostat bench migration}. */
@Command(
    name = "migration",
    description = {
      "Measures migrations between two processes over loopback.",
      "Guests idle, have freed half of their memory, or write; free page hinting is off and on,",
      "untouched memory is read and skipped.",
      ""
    },
    footer = {
      "",
      "Each run boots a guest in a new process and moves it to another new one and back, with"
          + " public",
      "commands alone. Beside them stands what memory and loopback of this host allow, and the 14"
          + " %%",
      "that the cover letter of the kernel's patches reports for an idle guest on other machines."
    })
public final class MigrationCommand extends Benchmark {
  private static final long[] FULL_SIZES = {1L << 30, 4L << 30, 8L << 30};

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
      names = "--guests",
      paramLabel = "NAMES",
      split = ",",
      description = "Only these: idle, lean, freed, dirty. Default all.")
  private Set<String> guests = Set.of();

  @Option(
      names = "--goals",
      paramLabel = "NAMES",
      arity = "0..1",
      split = ",",
      fallbackValue = "all",
      description = {
        "Measures what the project promises instead, and says for each goal whether it is met: all,"
            + " or",
        "some of idle, downtime, dirty, ping-pong, brown-out, restore."
      })
  private Set<String> goals = Set.of();

  @Option(
      names = "--runs",
      paramLabel = "N",
      description = "Pairs of processes for each guest and mode. Default 3; with --goals 6.")
  private @Nullable Integer runs;

  @Option(
      names = "--downtime",
      paramLabel = "N",
      description =
          "With --goals: moves for the distribution of the downtime, and at most 100 for the share"
              + " within the limit. Default 300.")
  private int downtime = 300;

  @Option(
      names = "--churn",
      paramLabel = "N",
      description = "With --goals: allocations of the ping-pong. Default 20000000.")
  private long churn = 20_000_000;

  @Option(
      names = "--moves",
      paramLabel = "N",
      description = "Migrations between each pair, to and fro. Default 3.")
  private int moves = 3;

  @Option(
      names = "--full",
      description = "1G, 4G and 8G, every mode for every guest, more rates. Takes an hour.")
  private boolean full;

  @Option(
      names = "--delay",
      paramLabel = "MS",
      description = "Round trip of the way between the processes. Default 0.")
  private int delay;

  @Option(
      names = "--svg",
      paramLabel = "FILE",
      description = "Draw the rounds of the last migration of each kind over time.")
  private @Nullable Path svg;

  @Option(
      names = "--qemu",
      description = "Measure QEMU as well, where " + QemuPair.PROGRAM + " is installed.")
  private boolean qemu;

  @Option(
      names = "--qemu-kernel",
      paramLabel = "FILE",
      description = "Linux for QEMU's guest. Default: its firmware only.")
  private @Nullable Path qemuKernel;

  @Option(names = "--qemu-initrd", paramLabel = "FILE", description = "Goes with --qemu-kernel.")
  private @Nullable Path qemuInitrd;

  @Option(
      names = "--qemu-accel",
      paramLabel = "NAME",
      description =
          "What runs QEMU's guest: ${COMPLETION-CANDIDATES}. Default: KVM where the host has it.")
  private QemuPair.@Nullable Accelerator qemuAccel;

  @Option(
      names = "--qemu-settle",
      paramLabel = "S",
      description = "How long QEMU's guest boots, seconds. Default 20.")
  private int qemuSettle = 20;

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
    int pairs = runs != null ? runs : goals.isEmpty() ? 3 : 6;
    require(pairs >= 1, "--runs " + runs + ": at least 1");
    require(moves >= 1, "--moves " + moves + ": at least 1");
    require(delay >= 0 && delay <= 10_000, "--delay " + delay + ": 0 to 10000");
    require(resident >= 1 << 20 && resident <= memory / 2, "--resident: 1M to half of --memory");
    require(!qemu || QemuPair.installed(), "--qemu: there is no " + QemuPair.PROGRAM);
    if (!goals.isEmpty()) {
      return goals(pairs);
    }
    MigrationBench bench =
        new MigrationBench(scenarios(), pairs, moves, delay, Output::progress)
            .beside(qemuSetup())
            .run();
    if (svg != null) {
      RoundsChart.write(svg, bench.last());
    }
    return bench;
  }

  private Report goals(int pairs) throws IOException, ChildFailure {
    Set<String> names = goals.contains("all") ? Set.of() : goals;
    require(GoalsBench.names().containsAll(names), "--goals " + goals + ": " + GoalsBench.names());
    require(downtime >= 1, "--downtime " + downtime + ": at least 1");
    require(churn >= 1, "--churn " + churn + ": at least 1");
    return new GoalsBench(
            new GoalSettings(memory, resident, pairs, moves, downtime, churn, delay, qemuSetup()),
            Output::progress)
        .run(names);
  }

  private QemuPair.@Nullable Setup qemuSetup() {
    return qemu
        ? new QemuPair.Setup(
            qemuAccel == null ? QemuPair.Accelerator.ofHost() : qemuAccel,
            memory,
            qemuKernel,
            qemuInitrd,
            Duration.ofSeconds(qemuSettle))
        : null;
  }

  private List<Scenario> scenarios() {
    long[] sizes = full ? FULL_SIZES : new long[] {memory};
    List<Scenario> all = new ArrayList<>();
    for (long size : sizes) {
      for (Scenario scenario : Scenario.matrix(size, resident, full)) {
        if (guests.isEmpty() || guests.contains(scenario.guest().split(" ")[0])) {
          all.add(scenario);
        }
      }
    }
    require(!all.isEmpty(), "--guests " + guests + ": none of idle, lean, freed, dirty");
    return all;
  }
}
