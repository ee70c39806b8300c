package aerostat.tools.bench;

import aerostat.tools.bench.balloon.BalloonCommand;
import aerostat.tools.bench.boot.BootCommand;
import aerostat.tools.bench.guest.GuestCommand;
import aerostat.tools.bench.hinting.HintingCommand;
import aerostat.tools.bench.migration.MigrationCommand;
import aerostat.tools.bench.queue.QueueCommand;
import aerostat.vmm.cli.ExitCode;
import aerostat.vmm.cli.Verbosity;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code aerostat bench}. */
@Command(
    name = "bench",
    description = {
      "Measures guest code, migration, balloon, boot and rings, beside the goals for them.",
      ""
    },
    synopsisSubcommandLabel = "guest|migration|hinting|balloon|boot|queue",
    subcommands = {
      GuestCommand.class,
      MigrationCommand.class,
      HintingCommand.class,
      BalloonCommand.class,
      BootCommand.class,
      QueueCommand.class
    },
    footer = {
      "",
      "Each prints medians with a 95 %% bound, the number of runs and the processor time that a",
      "hypervisor below stole; runs that lost more than 2 %% are repeated. Keep the host idle.",
      "",
      "Example:",
      "  aerostat bench migration --memory 1G --runs 1",
      "",
      "Exit codes: 0 measured; 1 it failed, or the figures say that something is wrong; 2 wrong",
      "command line."
    })
public final class BenchCommand implements Callable<Integer> {
  @Mixin private Verbosity verbosity = new Verbosity();

  @CommandLine.Spec private CommandLine.Model.@Nullable CommandSpec spec;

  @Override
  public Integer call() {
    if (spec != null) {
      spec.commandLine().usage(System.err);
    }
    return ExitCode.USAGE;
  }
}
