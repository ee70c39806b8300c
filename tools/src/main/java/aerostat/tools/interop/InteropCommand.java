package aerostat.tools.interop;

import aerostat.vmm.cli.CliException;
import aerostat.vmm.cli.ExitCode;
import aerostat.vmm.cli.InputFile;
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
      footer = {
        "",
        "Exit codes: 0 done; 1 it is no such log; 2 wrong command line; 3 the file cannot be read."
      })
  int convert(
      @Mixin(name = "verbosity") Verbosity shared,
      @Parameters(paramLabel = "FILE", description = "What -d trace:... -D FILE wrote.")
          Path file) {
    InputFile.require("", file);
    try {
      QemuLog.convert(Files.readAllLines(file)).forEach(System.out::println);
      return ExitCode.OK;
    } catch (IOException | IllegalArgumentException e) {
      throw unusable(file.toString(), e);
    }
  }

  @Command(
      name = "compare",
      description = "Takes our guest through the steps of a recording and tells what differs.",
      footer = {
        "",
        "Exit codes: 0 nothing differs but what is declared; 1 something does, or it is no",
        "recording; 2 wrong command line; 3 the file cannot be read."
      })
  int compare(
      @Mixin(name = "verbosity") Verbosity shared,
      @Parameters(
              paramLabel = "RECORDING",
              arity = "0..1",
              description = "A trace that record.sh made; default: the one that ships.")
          @Nullable Path file) {
    if (file != null) {
      InputFile.require("", file);
    }
    try {
      Recording recording = file == null ? Recording.shipped() : Recording.read(file);
      List<Comparison> all = Comparison.all(recording);
      all.forEach(comparison -> System.out.print(comparison.report()));
      return all.stream().allMatch(Comparison::agrees) ? ExitCode.OK : ExitCode.FAILED;
    } catch (IOException | IllegalArgumentException e) {
      throw unusable(file == null ? "the recording that ships" : file.toString(), e);
    }
  }

  private static CliException unusable(String file, Exception e) {
    String reason = e instanceof IOException io ? InputFile.reason(io) : e.getMessage();
    return new CliException(ExitCode.FAILED, file + ": " + reason);
  }
}
