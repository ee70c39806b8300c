package aerostat.tools.fuzz.planted;

import aerostat.tools.fuzz.planted.PlantedRun.Outcome;
import aerostat.vmm.cli.CliException;
import aerostat.vmm.cli.ExitCode;
import aerostat.vmm.cli.InputFile;
import aerostat.vmm.cli.JsonOutput;
import aerostat.vmm.cli.Verbosity;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code aerostat fuzz planted}: how long known defects take to be found. */
@Command(
    name = "planted",
    description = {
      "Plants known defects, and measures how long their target takes to find each.",
      "One at a time, from an empty corpus, with the own engine.",
      ""
    },
    footer = {
      "",
      "It compiles a class with the defect from the sources of Aerostat, so it needs them.",
      "The time includes the start of the process and the boot of the guest.",
      "",
      "Exit codes: 0 each was found, in the way it should be; 1 otherwise."
    })
public final class PlantedCommand implements Callable<Integer> {
  @Parameters(arity = "0..*", paramLabel = "NAME", description = "The defects. All without a name.")
  private List<String> names = new ArrayList<>();

  @Option(names = "--list", description = "Name the defects and end.")
  private boolean list;

  @Option(names = "--runs", paramLabel = "N", description = "Runs of each. Default 5.")
  private int runs = 5;

  @Option(names = "--time", paramLabel = "SECONDS", description = "Of a run, at most. Default 600.")
  private long seconds = 600;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of the first run; the next has the next. Default 1.")
  private long seed = 1;

  @Option(names = "--markdown", description = "Print the rows as docs/planted.md has them.")
  private boolean markdown;

  @Mixin private JsonOutput json = new JsonOutput();

  @Mixin private Verbosity verbosity = new Verbosity();

  @Override
  public Integer call() {
    if (list) {
      list();
      return ExitCode.OK;
    }
    if (runs < 1 || seconds < 1) {
      throw new CliException(ExitCode.USAGE, "--runs and --time: at least 1");
    }
    List<Defect> chosen = chosen();
    PrintStream out = json.text();
    List<Object> table = new ArrayList<>();
    boolean good = true;
    if (!markdown) {
      out.printf(
          "%-28s %-17s %7s %13s %11s  %s%n",
          "defect", "target", "found", "executions", "time", "as");
    }
    for (Defect defect : chosen) {
      TimeToFind found;
      try {
        found = TimeToFind.measure(defect, runs, seed, seconds);
      } catch (IOException e) {
        throw new CliException(ExitCode.FAILED, InputFile.reason(e));
      }
      good &= found.asExpected();
      out.println(markdown ? found.row() : found.line());
      table.add(found.json());
    }
    Map<String, @Nullable Object> report = new LinkedHashMap<>();
    report.put("runs", (long) runs);
    report.put("seconds", seconds);
    report.put("seed", seed);
    report.put("defects", table);
    json.report(report);
    return good ? ExitCode.OK : ExitCode.FAILED;
  }

  private static void list() {
    for (Defect defect : Defects.all()) {
      System.out.printf(
          "%-28s %s; found by %s as '%s'%n%30s%s%n",
          defect.name(), defect.what(), defect.target(), defect.finding(), "", defect.origin());
    }
  }

  private List<Defect> chosen() {
    return names.isEmpty() ? Defects.all() : names.stream().map(PlantedCommand::named).toList();
  }

  /**
   * The defect of a name on the command line.
   *
   * @throws CliException if there is none
   */
  public static Defect named(String name) {
    return Defects.named(name)
        .orElseThrow(
            () ->
                new CliException(
                    ExitCode.USAGE,
                    "no defect '" + name + "'; 'aerostat fuzz planted --list' names them"));
  }

  /** What the runs of one defect gave. */
  record TimeToFind(Defect defect, List<Outcome> outcomes) {
    static TimeToFind measure(Defect defect, int runs, long seed, long seconds) throws IOException {
      List<Outcome> outcomes = new ArrayList<>();
      try (PlantedClasses classes = PlantedClasses.compile(defect)) {
        for (int i = 0; i < runs; i++) {
          outcomes.add(PlantedProcess.search(defect, classes, seed + i, seconds, Long.MAX_VALUE));
        }
      }
      return new TimeToFind(defect, outcomes);
    }

    boolean asExpected() {
      return found() == outcomes.size();
    }

    /** Runs whose finding is the defect's, and no other thing. */
    long found() {
      return outcomes.stream().filter(this::counts).count();
    }

    private boolean counts(Outcome outcome) {
      return outcome.found() && defect.explains(outcome.signature());
    }

    /** A run without the finding counts as longer than all others. */
    private long median(ToLongFunction<Outcome> of) {
      long[] sorted =
          outcomes.stream()
              .mapToLong(o -> counts(o) ? of.applyAsLong(o) : Long.MAX_VALUE)
              .sorted()
              .toArray();
      return sorted[(sorted.length - 1) / 2];
    }

    private List<String> signatures() {
      return outcomes.stream().filter(Outcome::found).map(Outcome::signature).distinct().toList();
    }

    String line() {
      boolean most = median(Outcome::executions) != Long.MAX_VALUE;
      return "%-28s %-17s %3d/%-3d %13s %11s  %s%s"
          .formatted(
              defect.name(),
              defect.target(),
              found(),
              outcomes.size(),
              most ? "%,d".formatted(median(Outcome::executions)) : "-",
              most ? "%.1f s".formatted(median(Outcome::millis) / 1e3) : "-",
              String.join(" | ", signatures()),
              asExpected() ? "" : "   NOT AS EXPECTED: " + defect.finding());
    }

    /** A row of the table in docs/planted.md. */
    String row() {
      boolean most = median(Outcome::executions) != Long.MAX_VALUE;
      return "| `%s` | %s | %s | %s | %s | %s |"
          .formatted(
              defect.name(),
              defect.what(),
              defect.origin(),
              defect.target(),
              most ? "%,d".formatted(median(Outcome::executions)) : "not found",
              most ? "%.0f s".formatted(median(Outcome::millis) / 1e3) : "");
    }

    Map<String, @Nullable Object> json() {
      boolean most = median(Outcome::executions) != Long.MAX_VALUE;
      Map<String, @Nullable Object> row = new LinkedHashMap<>();
      row.put("name", defect.name());
      row.put("target", defect.target());
      row.put("found", found());
      row.put("median-executions", most ? median(Outcome::executions) : null);
      row.put("median-seconds", most ? median(Outcome::millis) / 1e3 : null);
      row.put("as", List.copyOf(signatures()));
      row.put("as-expected", asExpected());
      List<Object> all = new ArrayList<>();
      for (Outcome outcome : outcomes) {
        all.add(
            Map.of(
                "signature",
                outcome.signature(),
                "executions",
                outcome.executions(),
                "seconds",
                outcome.millis() / 1e3));
      }
      row.put("runs", all);
      return row;
    }
  }
}
