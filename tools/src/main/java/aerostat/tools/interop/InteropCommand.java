package aerostat.tools.interop;

import aerostat.vmm.cli.ExitCode;
import aerostat.vmm.cli.Verbosity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code aerostat interop}. */
@Command(
    name = "interop",
    description = {
      "Compares our guest's driver and our device with a recording of stock Linux under QEMU.",
      ""
    },
    synopsisSubcommandLabel = "compare|convert",
    footer = {"", "docs/interop.md tells what is compared and how a recording is made."})
public final class InteropCommand implements Callable<Integer> {
  @Mixin private Verbosity verbosity = new Verbosity();

  @CommandLine.Spec private CommandLine.Model.@Nullable CommandSpec spec;

  @Override
  public Integer call() {
    if (spec != null) {
      spec.commandLine().usage(System.err);
    }
    return ExitCode.USAGE;
  }

  @Command(
      name = "convert",
      description = "Prints a QEMU log of trace events in Aerostat's trace format.",
      footer = {"", "Exit codes: 0 done; 1 the file cannot be read; 2 wrong command line."})
  int convert(
      @Parameters(paramLabel = "FILE", description = "What -d trace:... -D FILE wrote.")
          Path file) {
    try {
      QemuLog.convert(Files.readAllLines(file)).forEach(System.out::println);
      return ExitCode.OK;
    } catch (IOException | IllegalArgumentException e) {
      System.err.println("aerostat interop: " + file + ": " + e.getMessage());
      return ExitCode.FAILED;
    }
  }

  @Command(
      name = "compare",
      description = "Takes our guest through the steps of a recording and tells what differs.",
      footer = {
        "",
        "Exit codes: 0 nothing differs but what is declared; 1 something does; 2 wrong command"
            + " line."
      })
  int compare(
      @Parameters(
              paramLabel = "RECORDING",
              arity = "0..1",
              description = "A trace that record.sh made; default: the one that ships.")
          @Nullable Path file) {
    try {
      Recording recording = file == null ? Recording.shipped() : Recording.read(file);
      List<Comparison> all = Comparison.all(recording);
      all.forEach(comparison -> System.out.print(comparison.report()));
      return all.stream().allMatch(Comparison::agrees) ? ExitCode.OK : ExitCode.FAILED;
    } catch (IOException | IllegalArgumentException e) {
      System.err.println(
          "aerostat interop: "
              + (file == null ? "the recording that ships" : file)
              + ": "
              + e.getMessage());
      return ExitCode.FAILED;
    }
  }
}
