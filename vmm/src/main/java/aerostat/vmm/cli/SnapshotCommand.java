package aerostat.vmm.cli;

import aerostat.vmm.migration.snapshot.ParentLink;
import aerostat.vmm.migration.snapshot.SnapshotChain;
import aerostat.vmm.migration.snapshot.SnapshotFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code aerostat snapshot}: looks at files that {@code migrate file:} made. */
@Command(
    name = "snapshot",
    sortOptions = false,
    description = {"Shows or checks a snapshot and those it builds on.", ""},
    footer = {
      "",
      "info reads the manifest and what a restore checks; verify reads every page as well.",
      "",
      "Example:",
      "  aerostat qmp unix:/tmp/a.sock migrate uri=file:/tmp/guest.snap",
      "  aerostat snapshot verify /tmp/guest.snap",
      "  aerostat run --incoming file:/tmp/guest.snap",
      "",
      "Exit codes: 0 sound; 1 damaged, or no snapshot; 2 wrong command line; 3 no such file."
    })
final class SnapshotCommand implements Callable<Integer> {
  /** What to do. */
  enum Action {
    info,
    verify
  }

  @Parameters(index = "0", paramLabel = "info|verify", description = "What to do.")
  private Action action = Action.info;

  @Parameters(index = "1", paramLabel = "FILE", description = "The snapshot.")
  private Path file = Path.of("");

  @Mixin private Verbosity verbosity = new Verbosity();

  @Override
  public Integer call() {
    InputFile.require("", file);
    try (SnapshotChain chain = SnapshotChain.open(file)) {
      if (action == Action.verify) {
        chain.verify();
      }
      chain.files().reversed().forEach(SnapshotCommand::show);
      if (action == Action.verify) {
        System.out.println(file + ": sound");
      }
      return ExitCode.OK;
    } catch (IOException e) {
      throw new CliException(ExitCode.FAILED, InputFile.reason(e));
    }
  }

  private static void show(SnapshotFile one) {
    System.out.println(one.path());
    row("uuid", one.header().uuid());
    row("memory", Size.show(one.header().memoryBytes()));
    row("guest", one.header().running() ? "ran" : "was paused");
    row("append", one.setup().config().append());
    row("pages", one.index().dataPages());
    if (one.header().diff()) {
      row("pages that became zero", one.index().zeroPages());
    }
    ParentLink parent = one.parent();
    row("parent", parent == null ? "none" : parent.path());
  }

  private static void row(String name, Object value) {
    System.out.println("  " + name + ": " + value);
  }
}
