package aerostat.vmm.cli;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.HostMemoryException;
import aerostat.mmio.virtio.VirtioMmioOptions;
import aerostat.vmm.faults.FaultPlan;
import aerostat.vmm.faults.FaultSpec;
import aerostat.vmm.image.Flavour;
import aerostat.vmm.image.GuestImage;
import aerostat.vmm.image.ImageRefusedException;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineBuilder;
import aerostat.vmm.machine.MachineHost;
import aerostat.vmm.machine.MachineSlot;
import aerostat.vmm.monitor.Endpoint;
import aerostat.vmm.monitor.TraceFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code aerostat run}: one VMM process. */
@Command(
    name = "run",
    sortOptions = false,
    description = {"Runs a guest, or waits for one to migrate here.", ""},
    footer = {
      "",
      "SIZE is bytes, or a number with K, M, G or T. ADDR is unix:PATH or tcp:HOST:PORT.",
      "",
      "Examples:",
      "  aerostat run --memory 1G --qmp unix:/tmp/a.sock --append \"workload=kvstore\"",
      "  aerostat run --qmp unix:/tmp/b.sock --incoming tcp:127.0.0.1:4445",
      "  aerostat run --memory 128M --deterministic --seed 7 --append \"workload=churn\"",
      "",
      "Exit codes: 0 the guest powered off, or 'quit'; 2 wrong command line; 3 a socket or file",
      "cannot be had; 4 the guest panicked; 5 the guest says that its workload failed; 130 and 143",
      "on SIGINT and SIGTERM, after a clean end."
    })
final class RunCommand implements Callable<Integer> {
  /** What the boot parameter page holds, in bytes, less what the VMM appends. */
  private static final int MAX_APPEND = 1900;

  private static final long MIN_MEMORY = 2L << 20;
  private static final long DEFAULT_MEMORY = 128L << 20;
  private static final long PAGE = 4096;

  @Option(
      names = {"--memory", "-m"},
      paramLabel = "SIZE",
      converter = Size.class,
      description = "Guest RAM, a multiple of 4K, 2M to 1T. Default 128M.")
  private @Nullable Long memory;

  @Option(
      names = {"--qmp", "-qmp"},
      paramLabel = "ADDR",
      description = "Serve QMP at this address; may be given more than once.")
  private List<String> qmp = new ArrayList<>();

  @Option(
      names = {"--append", "-append"},
      paramLabel = "TEXT",
      description = "The guest kernel's command line, as \"workload=kvstore,dirty\".")
  private @Nullable String append;

  @Option(
      names = "--image",
      paramLabel = "JAR",
      description = "The guest to boot instead of Aerostat's own kernel.")
  private @Nullable Path image;

  @Option(
      names = "--driver",
      paramLabel = "NAME|FILE.java,...",
      converter = DriverChoice.Converter.class,
      description =
          "The guest's balloon driver: merged (default), merged-4.20, merged-free-on-stop,"
              + " walk-v28, reporting, none, no-balloon, bitmap-2016, or the sources of one.")
  private @Nullable DriverChoice driver;

  @Option(
      names = {"--balloon", "-balloon"},
      paramLabel = "PROP=on|off,...",
      converter = BalloonFlags.class,
      description =
          "What the balloon offers: free-page-hint (on by default), free-page-reporting,"
              + " page-poison, deflate-on-oom.")
  private @Nullable BalloonOptions balloon;

  @Option(
      names = "--virtio-mmio",
      paramLabel = "PROP=on|off,...",
      converter = VirtioMmioFlags.class,
      description =
          "The transport: legacy (version 1, off by default), x-pfn-reset (with it: a 0 in QueuePFN"
              + " resets the device, as in QEMU).")
  private @Nullable VirtioMmioOptions virtioMmio;

  @Option(
      names = {"--incoming", "-incoming"},
      paramLabel = "ADDR|file:PATH|defer",
      description =
          "Boot nothing; wait for a guest to migrate here, or restore one from file:PATH. 'defer'"
              + " waits for QMP's migrate-incoming. Options of the machine given as well must fit"
              + " that guest.")
  private @Nullable String incoming;

  @Option(
      names = "--console",
      paramLabel = "WHERE",
      defaultValue = "stdio",
      description = "Where the guest prints: stdio (default), file:PATH or none.")
  private String console = "stdio";

  @Option(
      names = {"--paused", "-S"},
      description = "Do not start the guest; QMP's cont does.")
  private boolean paused;

  @Option(
      names = "--deterministic",
      description = "Virtual time and inline devices: same seed, same run.")
  private boolean deterministic;

  @Option(names = "--seed", paramLabel = "N", description = "Of every random choice. Default 1.")
  private @Nullable Long seed;

  @Option(
      names = {"--memory-path", "-mem-path"},
      paramLabel = "FILE",
      description = "Back guest RAM by this file, shared.")
  private @Nullable Path memoryPath;

  @Option(
      names = {"--name", "-name"},
      paramLabel = "NAME",
      description = "What query-name answers.")
  private String name = "";

  @Option(
      names = "--on-panic",
      paramLabel = "exit|pause",
      description =
          "When the guest panics: end with code 4, or stay for QMP to look at. Default: pause if"
              + " there is a --qmp, else exit.")
  private @Nullable String onPanic;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description = "Write device events to this file from the start.")
  private @Nullable Path trace;

  @Option(
      names = {"--object", "-object"},
      paramLabel = "TYPE,id=ID,...",
      description =
          "An object, as QMP's object-add makes it:"
              + " tls-creds-x509,id=ID,dir=DIR,endpoint=client|server.")
  private List<String> objects = new ArrayList<>();

  @Option(
      names = "--faults",
      paramLabel = "KEY=VALUE,...",
      converter = FaultOption.class,
      description =
          "Go wrong between the balloon's driver and its device: lose-notify, late-notify,"
              + " lose-irq, late-irq, fail-alloc (each a share, as 5%%), delay and slow (a time, as"
              + " 5ms), ring (most entries of a queue), seed. See docs/faults.md.")
  private @Nullable FaultSpec faultSpec;

  @Option(
      names = "--flavour",
      paramLabel = "plain|sanitizing",
      description =
          "How guest code runs: plain (default), or with each access checked against page"
              + " ownership.")
  private String flavour = "plain";

  @Mixin private Verbosity verbosity = new Verbosity();

  @Override
  public Integer call() {
    checkCombination();
    List<Endpoint> endpoints = endpoints();
    GuestConsole guestConsole = GuestConsole.open(console);
    TraceFile traceFile = openTrace();
    FaultPlan plan = new FaultPlan(faults());
    MachineHost host =
        MachineHost.SILENT
            .withConsole(guestConsole)
            .withTrace(traceFile)
            .withFlavour(flavour())
            .withFaults(plan);
    MachineSlot slot = new MachineSlot(expected(), host, incoming == null ? null : memoryPath);
    try (VmmProcess process = new VmmProcess(slot, guestConsole, traceFile, exitOnPanic())) {
      objects.forEach(process::addObject);
      // The machine is there before the first client is.
      Machine machine = incoming == null ? build(guestConsole, traceFile, plan) : null;
      if (machine != null) {
        slot.put(machine);
      }
      List<Endpoint> served =
          endpoints.isEmpty() ? List.of() : process.openMonitor(endpoints, name);
      if (machine != null) {
        tell("process " + pid() + ", " + Size.show(machine.config().memoryBytes()), served);
        if (!paused) {
          machine.start();
        }
      } else if ("defer".equals(incoming)) {
        tell("process " + pid() + ", waits for migrate-incoming", served);
      } else {
        String address = process.listenForGuest(String.valueOf(incoming));
        boolean file = address.startsWith("file:");
        tell(
            "process " + pid() + (file ? ", restored from " : ", waits for a guest at ") + address,
            served);
      }
      int code = process.awaitEnd();
      if (faultSpec != null) {
        System.err.println("aerostat run: faults: " + plan.counts());
      }
      return code;
    }
  }

  private static long pid() {
    return ProcessHandle.current().pid();
  }

  private static void tell(String what, List<Endpoint> served) {
    StringBuilder line = new StringBuilder("aerostat run: ").append(what);
    served.forEach(endpoint -> line.append(", QMP at ").append(endpoint));
    System.err.println(line);
  }

  private void checkCombination() {
    if (memory != null
        && (memory < MIN_MEMORY || memory > GuestMemory.MAX_SIZE || memory % PAGE != 0)) {
      throw usage("--memory " + memory + ": a multiple of 4K is needed, from 2M to 1T");
    }
    if (commandLine().length() > MAX_APPEND) {
      throw usage(
          "--append: " + commandLine().length() + " characters; " + MAX_APPEND + " at most");
    }
    if (append != null && !StandardCharsets.ISO_8859_1.newEncoder().canEncode(append)) {
      throw usage("--append: only Latin-1 characters reach the guest");
    }
    if (onPanic != null && !onPanic.equals("exit") && !onPanic.equals("pause")) {
      throw usage("--on-panic " + onPanic + ": write exit or pause");
    }
    if (incoming != null) {
      refuseWithIncoming("--image", image != null, "the image comes with the guest");
      refuseWithIncoming("--driver", driver != null, "the driver comes with the guest");
      refuseWithIncoming("--paused", paused, "the guest arrives as it was; stop it there first");
      refuseWithIncoming("--seed", seed != null, "the seed comes with the guest");
      refuseWithIncoming("--faults ring", faults().ring() != 0, "the guest has its queues already");
      refuseWithIncoming("--faults fail-alloc", faults().failAlloc() != 0, "the guest is booted");
      if (incoming.equals("defer") && qmp.isEmpty()) {
        throw usage("--incoming defer needs a --qmp, for migrate-incoming to come by");
      }
    }
    if (paused && qmp.isEmpty()) {
      throw usage("--paused needs a --qmp, for cont to come by");
    }
    if (image != null) {
      InputFile.require("--image", image);
    }
  }

  private static void refuseWithIncoming(String option, boolean given, String reason) {
    if (given) {
      throw usage(option + " does not go with --incoming: " + reason);
    }
  }

  private static CliException usage(String message) {
    return new CliException(ExitCode.USAGE, message);
  }

  private List<Endpoint> endpoints() {
    List<Endpoint> endpoints = new ArrayList<>();
    for (String address : qmp) {
      try {
        endpoints.add(Endpoint.parse(address));
      } catch (IllegalArgumentException e) {
        throw usage("--qmp: " + e.getMessage());
      }
    }
    return endpoints;
  }

  private Flavour flavour() {
    return switch (flavour) {
      case "plain" -> Flavour.PLAIN;
      case "sanitizing" -> Flavour.SANITIZING;
      default -> throw usage("--flavour " + flavour + ": write plain or sanitizing");
    };
  }

  private boolean exitOnPanic() {
    return onPanic == null ? qmp.isEmpty() : onPanic.equals("exit");
  }

  private TraceFile openTrace() {
    TraceFile file = new TraceFile();
    if (trace != null) {
      try {
        file.start(trace);
      } catch (IOException e) {
        throw new CliException(
            ExitCode.UNAVAILABLE, "--trace: cannot write " + InputFile.reason(e));
      }
    }
    return file;
  }

  private MachineSlot.ExpectedConfig expected() {
    return new MachineSlot.ExpectedConfig(
        memory, append, balloon, virtioMmio, deterministic ? Boolean.TRUE : null);
  }

  /** Not the option's initial value: picocli would put it into words, 40 ms of each start. */
  private FaultSpec faults() {
    return faultSpec == null ? FaultSpec.NONE : faultSpec;
  }

  private String commandLine() {
    String text = (append == null ? "" : append) + " " + faults().appended();
    text = text.strip();
    return driver == null ? text : driver.appendTo(text);
  }

  private Machine build(GuestConsole guestConsole, TraceFile traceFile, FaultPlan plan) {
    MachineBuilder builder =
        Machine.builder()
            .memory(memory == null ? DEFAULT_MEMORY : memory)
            .append(commandLine())
            .console(guestConsole)
            .trace(traceFile)
            .flavour(flavour())
            .faults(plan);
    if (balloon != null) {
      builder.balloon(balloon);
    }
    if (virtioMmio != null) {
      builder.virtioMmio(virtioMmio);
    }
    if (deterministic) {
      builder.deterministic(seed == null ? 1 : seed);
    } else if (seed != null) {
      builder.seed(seed);
    }
    if (memoryPath != null) {
      builder.memoryPath(memoryPath);
    }
    try {
      boolean ownDriver = driver != null && !driver.sources().isEmpty();
      if (image != null || ownDriver) {
        GuestImage base = image == null ? GuestImage.defaultImage() : GuestImage.fromJar(image);
        builder.image((driver == null ? base : driver.image(base)).encode());
      }
      return builder.build();
    } catch (IOException e) {
      throw new CliException(
          ExitCode.UNAVAILABLE,
          "--image: " + image + " is no readable jar: " + InputFile.reason(e));
    } catch (UncheckedIOException e) {
      throw new CliException(
          ExitCode.UNAVAILABLE, "guest RAM: " + e.getMessage() + ": " + InputFile.reason(e));
    } catch (ImageRefusedException e) {
      throw new CliException(
          ExitCode.FAILED, e.getMessage() + "\n'aerostat verify' checks an image alone");
    } catch (HostMemoryException e) {
      throw new CliException(ExitCode.UNAVAILABLE, "guest RAM: " + e.getMessage());
    } catch (IllegalArgumentException e) {
      throw usage(String.valueOf(e.getMessage()));
    }
  }
}
