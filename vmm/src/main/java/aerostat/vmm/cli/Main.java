package aerostat.vmm.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The program {@code aerostat}. */
public final class Main {
  private static final Map<String, Supplier<Callable<Integer>>> OWN = new LinkedHashMap<>();

  static {
    OWN.put("run", RunCommand::new);
    OWN.put("migrate", MigrateCommand::new);
    OWN.put("qmp", QmpCommand::new);
    OWN.put("verify", VerifyCommand::new);
    OWN.put("snapshot", SnapshotCommand::new);
  }

  private Main() {}

  public static void main(String[] args) {
    int code = run(args);
    System.out.flush();
    System.exit(code);
  }

  /** Runs a command line in this process; returns its exit code. */
  public static int run(String... args) {
    if (args.length > 0) {
      Supplier<Callable<Integer>> own = OWN.get(args[0]);
      // The other commands are neither loaded nor looked for: a start costs what it uses.
      if (own != null) {
        return execute(new CommandLine(own.get()), "aerostat " + args[0], tail(args));
      }
      if (args[0].equals("x-rehearse")) {
        return Rehearsal.run();
      }
    }
    Map<String, Supplier<Callable<Integer>>> further = further();
    if (args.length > 0) {
      Supplier<Callable<Integer>> one = further.get(args[0]);
      if (one != null) {
        return execute(new CommandLine(one.get()), "aerostat " + args[0], tail(args));
      }
    }
    CommandLine top = new CommandLine(new Top());
    OWN.forEach((name, command) -> top.addSubcommand(name, command.get()));
    further.forEach((name, command) -> top.addSubcommand(name, command.get()));
    return execute(top, "aerostat", args);
  }

  private static Map<String, Supplier<Callable<Integer>>> further() {
    Map<String, Supplier<Callable<Integer>>> commands = new LinkedHashMap<>();
    ServiceLoader.load(CommandProvider.class).forEach(p -> commands.putAll(p.commands()));
    return commands;
  }

  private static String[] tail(String[] args) {
    return java.util.Arrays.copyOfRange(args, 1, args.length);
  }

  private static int execute(CommandLine line, String name, String[] args) {
    line.setCommandName(name);
    line.setExpandAtFiles(false); // a guest's command line may begin with @
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setParameterExceptionHandler(Main::usageError);
    line.setExecutionExceptionHandler(Main::failure);
    line.setUsageHelpAutoWidth(false).setUsageHelpWidth(100);
    return line.execute(args);
  }

  private static int usageError(ParameterException e, String[] args) {
    CommandLine line = e.getCommandLine();
    StringBuilder text = new StringBuilder(nameOf(line) + ": ");
    if (e instanceof UnmatchedArgumentException unmatched) {
      String word = unmatched.getUnmatched().get(0);
      boolean command = !line.getSubcommands().isEmpty() && !word.startsWith("-");
      text.append(command ? "no command '" + word + "'" : lowerFirst(e.getMessage()));
      if (!unmatched.getSuggestions().isEmpty()) {
        text.append("; did you mean ").append(String.join(" or ", unmatched.getSuggestions()));
        text.append('?');
      }
    } else {
      text.append(lowerFirst(e.getMessage()));
    }
    System.err.println(text);
    System.err.println("Try '" + nameOf(line) + " --help'.");
    return ExitCode.USAGE;
  }

  private static int failure(
      Exception e, CommandLine line, CommandLine.@Nullable ParseResult parsed) {
    boolean traces =
        line.getMixins().get("verbosity") instanceof CommandSpec spec
            && spec.userObject() instanceof Verbosity v
            && v.wantsStackTraces();
    if (e instanceof CliException expected) {
      System.err.println(nameOf(line) + ": " + e.getMessage());
      return expected.exitCode();
    }
    System.err.println(
        nameOf(line) + ": internal error: " + e + (traces ? "" : " (-v shows where)"));
    if (traces) {
      e.printStackTrace();
    }
    return ExitCode.INTERNAL;
  }

  private static String nameOf(CommandLine line) {
    return line.getCommandSpec().qualifiedName();
  }

  private static String lowerFirst(@Nullable String message) {
    if (message == null || message.isEmpty()) {
      return "the command line is wrong";
    }
    return Character.toLowerCase(message.charAt(0)) + message.substring(1);
  }

  /** {@code aerostat} without a command. */
  @Command(
      description = {
        "A hypervisor in pure Java, for work on memory ballooning and live migration.",
        ""
      },
      synopsisSubcommandLabel = "COMMAND",
      footer = {
        "",
        "A VM with a monitor, in one terminal:",
        "  aerostat run --memory 1G --qmp unix:/tmp/a.sock --append \"workload=kvstore\"",
        "and in another:",
        "  aerostat qmp unix:/tmp/a.sock balloon value=512M",
        "  aerostat run --qmp unix:/tmp/b.sock --incoming unix:/tmp/m.sock &",
        "  aerostat migrate --qmp unix:/tmp/a.sock unix:/tmp/m.sock",
        "",
        "'aerostat COMMAND --help' tells more; 'aerostat demo' shows it all in half a minute."
      })
  static final class Top implements Callable<Integer> {
    @Mixin private final Verbosity verbosity = new Verbosity();

    @Option(
        names = {"-V", "--version"},
        description = "Show the version and end.")
    private boolean version;

    @CommandLine.Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
      if (version) {
        System.out.println(
            "aerostat "
                + aerostat.vmm.monitor.Version.text()
                + " (Java "
                + Runtime.version()
                + ", "
                + System.getProperty("os.name")
                + ")");
        return ExitCode.OK;
      }
      if (spec != null && !verbosity.wantsHelp()) {
        spec.commandLine().usage(System.err);
      }
      return ExitCode.USAGE;
    }
  }
}
