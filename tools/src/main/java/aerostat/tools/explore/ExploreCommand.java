package aerostat.tools.explore;

import aerostat.vmm.cli.CliException;
import aerostat.vmm.cli.ExitCode;
import aerostat.vmm.cli.JsonOutput;
import aerostat.vmm.cli.Verbosity;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code aerostat explore}. */
@Command(
    name = "explore",
    description = {
      "Tries every order of the steps of guest, driver, device and migration.",
      "The machines are small; each page that the guest may read is checked.",
      ""
    },
    footer = {
      "",
      "Without options: the sound settings, in which nothing may be lost, and each planted error,",
      "which must be found. A schedule that is found is a shortest one.",
      "",
      "Examples:",
      "  aerostat explore --list",
      "  aerostat explore --fault accept-stale-id",
      "  aerostat explore --setting two-rounds --depth 12",
      "",
      "Exit codes: 0 all as expected; 1 otherwise; 2 wrong command line."
    })
public final class ExploreCommand implements Callable<Integer> {
  private static final int MOST_STEPS = 100;

  @Option(
      names = {"--fault", "--setting"},
      paramLabel = "NAME",
      description = "Only this setting or planted error; may be repeated.")
  private List<String> names = new ArrayList<>();

  @Option(names = "--list", description = "Name the settings and end.")
  private boolean list;

  @Option(
      names = "--depth",
      paramLabel = "STEPS",
      description = "No schedules of more steps than this.")
  private int depth = MOST_STEPS;

  @Option(
      names = "--no-merge",
      description = "Follow states that look alike one by one: slow, for small depths.")
  private boolean noMerge;

  @Option(
      names = "--replay",
      paramLabel = "SCHEDULE",
      description = "Run this schedule (words with commas) of the setting, and say what comes out.")
  private @Nullable String replay;

  @Mixin private JsonOutput json = new JsonOutput();

  @Mixin private Verbosity verbosity = new Verbosity();

  @Override
  public Integer call() {
    PrintStream out = json.text();
    if (list) {
      Settings.all().forEach(s -> out.printf("%-18s %-8s %s%n", s.name(), s.rule(), s.about()));
      return ExitCode.OK;
    }
    if (depth < 1) {
      throw new CliException(ExitCode.USAGE, "--depth takes a number from 1 up");
    }
    List<Setting> chosen = chosen();
    Map<String, @Nullable Object> report = new LinkedHashMap<>();
    boolean good = replay == null ? explore(chosen, out, report) : replay(chosen, out, report);
    json.report(report);
    return good ? ExitCode.OK : ExitCode.FAILED;
  }

  private List<Setting> chosen() {
    if (names.isEmpty()) {
      return replay == null ? Settings.all() : Settings.sound().subList(0, 1);
    }
    List<Setting> chosen = new ArrayList<>();
    for (String name : names) {
      chosen.add(
          Settings.named(name)
              .orElseThrow(
                  () ->
                      new CliException(
                          ExitCode.USAGE, "no setting '" + name + "'; --list names them")));
    }
    return chosen;
  }

  private boolean explore(
      List<Setting> chosen, PrintStream out, Map<String, @Nullable Object> report) {
    boolean good = true;
    List<Object> found = new ArrayList<>();
    for (Setting setting : chosen) {
      try (Stage stage = new Stage(setting)) {
        Search.Found result = new Search(stage, depth, !noMerge).run();
        boolean expected = result.asExpected() || depthEnded(result);
        List<Run.Told> told =
            result.failing().isEmpty() ? List.of() : stage.run(result.failing(), true).told();
        boolean replays = setting.losesData() && !told.isEmpty();
        List<String> notices = replays ? FullReplay.of(setting, told).run() : List.of();
        expected &= setting.expectsNone() || !setting.losesData() || !notices.isEmpty();
        good &= expected;
        print(result, told, notices, expected, out);
        found.add(json(result, told, notices, expected));
      }
    }
    report.put("settings", found);
    report.put("as-expected", good);
    out.println(good ? "all as expected" : "NOT AS EXPECTED");
    return good;
  }

  /** A sound setting of which the user wanted to see a part only. */
  private boolean depthEnded(Search.Found result) {
    return result.setting().expectsNone() && result.failing().isEmpty() && result.depth() == depth;
  }

  private static void print(
      Search.Found found,
      List<Run.Told> told,
      List<String> notices,
      boolean expected,
      PrintStream out) {
    Setting setting = found.setting();
    out.printf(
        "%s%s: %s%n",
        setting.name(),
        setting.rule().isEmpty() ? "" : " (" + setting.rule() + ")",
        setting.about());
    String extent =
        "%d schedules, %d states, up to %d steps%s, %.1f s"
            .formatted(
                found.schedules(),
                found.states(),
                found.depth(),
                found.complete() ? "" : " and not further",
                found.millis() / 1000.0);
    if (found.failing().isEmpty()) {
      out.printf("  nothing is lost: %s%s%n%n", extent, expected ? "" : "; IT SHOULD BE FOUND");
      return;
    }
    out.printf("  found%s: %s%n", expected ? "" : " WHAT SHOULD NOT BE", extent);
    out.print(ScheduleText.lines(told).indent(2));
    out.printf("  %s%n  %s%n", found.violation(), ScheduleText.LEGEND);
    out.printf("  on two whole machines: %s%n", first(notices));
    out.printf(
        "  again: aerostat explore --setting %s --replay %s%n%n",
        setting.name(), Step.text(found.failing()));
  }

  private static String first(List<String> notices) {
    return notices.isEmpty() ? "the guest notices nothing" : notices.getFirst();
  }

  private static Map<String, @Nullable Object> json(
      Search.Found found, List<Run.Told> told, List<String> notices, boolean expected) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("name", found.setting().name());
    map.put("rule", found.setting().rule());
    map.put("as-expected", expected);
    map.put("violation", found.violation());
    map.put("schedule", Step.text(found.failing()));
    map.put("steps", ScheduleText.json(told));
    map.put("noticed", notices);
    map.put("schedules", found.schedules());
    map.put("states", found.states());
    map.put("depth", found.depth());
    map.put("complete", found.complete());
    map.put("ms", found.millis());
    return map;
  }

  private boolean replay(
      List<Setting> chosen, PrintStream out, Map<String, @Nullable Object> report) {
    Setting setting = chosen.getFirst();
    try (Stage stage = new Stage(setting)) {
      Run run = stage.run(Step.parse(String.valueOf(replay), setting.blocks()), true);
      out.print(ScheduleText.lines(run.told()));
      out.println(run.violation() == null ? "nothing is lost" : run.violation());
      out.println(ScheduleText.LEGEND);
      List<String> notices = FullReplay.of(setting, run.told()).run();
      out.println("on two whole machines: " + first(notices));
      report.put("noticed", notices);
      report.put("name", setting.name());
      report.put("violation", run.violation());
      report.put("steps", ScheduleText.json(run.told()));
      return (run.violation() == null) == setting.expectsNone();
    } catch (IllegalArgumentException e) {
      throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()));
    }
  }
}
