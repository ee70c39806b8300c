package aerostat.tools.fuzz;

import aerostat.tools.fuzz.engine.FuzzRun;
import aerostat.tools.fuzz.planted.Defect;
import aerostat.tools.fuzz.planted.PlantedCommand;
import aerostat.tools.fuzz.planted.PlantedProcess;
import aerostat.vmm.cli.CliException;
import aerostat.vmm.cli.ExitCode;
import aerostat.vmm.cli.InputFile;
import aerostat.vmm.cli.LogSetup;
import aerostat.vmm.cli.Size;
import aerostat.vmm.cli.Verbosity;
import aerostat.vmm.image.Flavour;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code aerostat fuzz}. */
@Command(
    name = "fuzz",
    subcommands = PlantedCommand.class,
    description = {
      "Tries inputs that nobody would write against a part of the VMM, and checks its properties.",
      ""
    },
    footer = {
      "",
      "A finding is a folder: input, minimal, finding.txt, trace.txt. See docs/fuzz.md.",
      "",
      "Examples:",
      "  aerostat fuzz device --time 600 --jobs 2",
      "  aerostat fuzz driver --driver MyBalloon.java",
      "  aerostat fuzz --replay fuzz/findings/device-...",
      "",
      "Exit codes: 0 no property broke; 1 one did; 2 wrong command line; 3 a file or folder cannot",
      "be had."
    })
public final class FuzzCommand implements Callable<Integer> {
  /** A year. */
  private static final long MOST_SECONDS = 365L * 24 * 3600;

  @Parameters(
      arity = "0..1",
      paramLabel = "TARGET",
      description = {
        "device: register and ring inputs against the balloon of a booted guest;",
        "driver, driver-packed: a hostile device against the driver of a booted guest, with split",
        "or packed rings;",
        "queue-split, queue-packed: a driver that writes its rings while the device works, without",
        "a guest;",
        "stream: a hostile source against the receiver of a migration;",
        "qmp: a hostile client of the monitor;",
        "image: damaged class files against verifier, rewriter and loader."
      })
  private @Nullable String target;

  @Option(
      names = "--engine",
      paramLabel = "jazzer|own",
      description = "Who makes the inputs. Default jazzer, which counts edges of host code too.")
  private String engine = "jazzer";

  @Option(names = "--time", paramLabel = "SECONDS", description = "How long. Default 60.")
  private long seconds = 60;

  @Option(names = "--jobs", paramLabel = "N", description = "Processes of jazzer. Default 1.")
  private int jobs = 1;

  @Option(names = "--seed", paramLabel = "N", description = "Of all random choices. Default 1.")
  private int seed = 1;

  @Option(
      names = "--corpus",
      paramLabel = "DIR",
      description = "Inputs worth keeping, read and added to. Default fuzz/corpus/TARGET.")
  private @Nullable Path corpus;

  @Option(
      names = "--import",
      paramLabel = "DIR",
      description = "Inputs to begin with beside the corpus.")
  private @Nullable Path imported;

  @Option(
      names = "--export",
      paramLabel = "DIR",
      description = "At the end, put the corpus there, without inputs that reach nothing new.")
  private @Nullable Path exported;

  @Option(
      names = "--findings",
      paramLabel = "DIR",
      description = "Where findings go. Default fuzz/findings.")
  private Path findings = Path.of("fuzz", "findings");

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      converter = Size.class,
      description = "Guest RAM. Default 32M.")
  private @Nullable Long memory;

  @Option(
      names = "--append",
      paramLabel = "WORDS",
      description = "Further words for the guest's command line.")
  private @Nullable String append;

  @Option(
      names = "--sanitize",
      description = "Run guest code that checks who owns each page that it touches.")
  private boolean sanitize;

  @Option(
      names = "--plant",
      paramLabel = "NAME",
      description = "Fuzz a build that has this known defect; see 'aerostat fuzz planted --list'.")
  private @Nullable String plant;

  @Option(
      names = "--measure",
      description = "No engine: how many executions a second, and how long a reset takes.")
  private boolean measure;

  @Option(
      names = "--replay",
      paramLabel = "DIR",
      description = "Show a finding event by event; exit code 1 if it is still one.")
  private @Nullable Path replay;

  @Spec private @Nullable CommandSpec spec;

  @Mixin private TargetOptions own = new TargetOptions();

  @Mixin private Verbosity verbosity = new Verbosity();

  @Override
  public Integer call() {
    if (System.getProperty(LogSetup.LEVEL) == null) {
      System.setProperty(LogSetup.LEVEL, "ERROR"); // a violation is what every other input is for
    }
    try {
      if (plant != null) {
        return planted(plant);
      }
      if (replay != null) {
        return replay(replay);
      }
      return fuzz();
    } catch (UncheckedIOException e) {
      throw new CliException(ExitCode.UNAVAILABLE, InputFile.reason(e));
    } catch (IOException e) {
      throw new CliException(ExitCode.UNAVAILABLE, InputFile.reason(e));
    } catch (IllegalStateException e) {
      throw new CliException(ExitCode.FAILED, String.valueOf(e.getMessage()));
    }
  }

  /** The same command line in a process of a build with the defect. */
  private int planted(String name) throws IOException {
    Defect defect = PlantedCommand.named(name);
    List<String> arguments =
        new ArrayList<>(Objects.requireNonNull(spec).commandLine().getParseResult().originalArgs());
    int at = arguments.indexOf("--plant");
    if (at < 0) {
      throw new CliException(ExitCode.USAGE, "write '--plant NAME', not '--plant=NAME'");
    }
    arguments.subList(at, at + 2).clear();
    arguments.addFirst("fuzz");
    return PlantedProcess.program(defect, arguments);
  }

  private int fuzz() throws IOException {
    if (target == null) {
      throw new CliException(ExitCode.USAGE, "name a target: " + TargetKind.labels());
    }
    TargetKind kind = kind(target);
    requireMeaning(kind);
    try {
      if (measure) {
        Rate.print(kind, setup());
        return ExitCode.OK;
      }
      Path kept = corpus == null ? Path.of("fuzz", "corpus", kind.label()) : corpus;
      FuzzRun run =
          new FuzzRun(kind, setup(), kept, imported, exported, findings, seconds, jobs, seed);
      int found = engine.equals("own") ? run.own() : run.jazzer();
      return found == 0 ? ExitCode.OK : ExitCode.FAILED;
    } catch (IllegalArgumentException e) {
      throw usage(String.valueOf(e.getMessage())); // of the setup: what an input does is a finding
    }
  }

  private static CliException usage(String message) {
    return new CliException(ExitCode.USAGE, message);
  }

  /** No option is silently left aside. */
  private void requireMeaning(TargetKind kind) {
    if (!own.device().none() && kind != TargetKind.DEVICE) {
      throw usage("--device-class is for target device");
    }
    if (own.device().none() && !own.device().path().isEmpty()) {
      throw usage("--class-path is for --device-class");
    }
    boolean chosen = !own.driver().isEmpty() || append != null || sanitize || memory != null;
    if (chosen && !kind.bootsGuest()) {
      throw usage(
          "--driver, --memory, --append and --sanitize: target " + kind.label() + " has no guest");
    }
    if (memory != null && !kind.sizesGuest()) {
      throw usage("--memory: the guest of target " + kind.label() + " has 8 MiB");
    }
    if (seconds < 1 || seconds > MOST_SECONDS) {
      throw usage("--time " + seconds + ": at least 1, at most " + MOST_SECONDS + ", a year");
    }
    if (jobs < 1) {
      throw usage("--jobs " + jobs + ": at least 1");
    }
    if (!engine.equals("jazzer") && !engine.equals("own")) {
      throw usage("--engine " + engine + ": jazzer or own");
    }
    if (jobs > 1 && engine.equals("own")) {
      throw usage("--jobs " + jobs + ": the own engine is one process");
    }
    if (imported != null && !Files.isDirectory(imported)) {
      throw new CliException(ExitCode.UNAVAILABLE, "--import " + imported + ": no such folder");
    }
  }

  private BootedGuest.Setup setup() {
    return new BootedGuest.Setup(
        memory == null ? BootedGuest.Setup.DEFAULT.memory() : memory,
        append == null ? "" : append,
        sanitize ? Flavour.SANITIZING : Flavour.PLAIN,
        true,
        own.driver(),
        own.device());
  }

  private static TargetKind kind(String name) {
    try {
      return TargetKind.of(name);
    } catch (IllegalArgumentException e) {
      throw new CliException(
          ExitCode.USAGE, "'" + name + "' is no target; there are " + TargetKind.labels());
    }
  }

  private int replay(Path folder) throws IOException {
    List<String> events;
    try {
      events = StoredFinding.read(folder).replay();
    } catch (IllegalArgumentException e) {
      throw new CliException(ExitCode.UNAVAILABLE, folder + ": " + e.getMessage());
    }
    events.forEach(System.out::println);
    return events.getLast().startsWith("FINDING") ? ExitCode.FAILED : ExitCode.OK;
  }
}
