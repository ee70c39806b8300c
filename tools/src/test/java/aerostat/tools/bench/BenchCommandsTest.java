package aerostat.tools.bench;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.tools.bench.balloon.BalloonCommand;
import aerostat.tools.bench.boot.BootCommand;
import aerostat.tools.bench.hinting.HintingCommand;
import aerostat.tools.bench.migration.MigrationCommand;
import aerostat.tools.bench.queue.QueueCommand;
import aerostat.tools.bench.stats.Benchmark;
import aerostat.tools.bench.stats.Report;
import aerostat.tools.child.ChildFailure;
import aerostat.vmm.cli.ExitCode;
import aerostat.vmm.cli.Main;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import picocli.CommandLine;

/** Each command once, as small as it goes; what it measures is of no interest here. */
@ResourceLock(Resources.SYSTEM_OUT)
class BenchCommandsTest {
  private interface Action {
    int run();
  }

  private static String printed(Action action) {
    PrintStream before = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      assertThat(action.run()).isEqualTo(ExitCode.OK);
    } finally {
      System.setOut(before);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static int execute(Callable<Integer> command, String... arguments) {
    return new CommandLine(command).execute(arguments);
  }

  /** A benchmark that fails after its first figures. */
  @CommandLine.Command
  private static final class Broken extends Benchmark {
    private record Figures(Map<String, Object> toJson) implements Report {
      @Override
      public String toTable() {
        return toJson + System.lineSeparator();
      }
    }

    @Override
    protected Report measure() throws ChildFailure {
      kept(new Figures(Map.of("runs", 3)));
      throw new ChildFailure("the host is gone");
    }
  }

  @Test
  void aFailureDoesNotLoseWhatWasMeasured() {
    CommandLine broken =
        new CommandLine(new Broken()).setExecutionExceptionHandler((e, line, parsed) -> 7);

    String out =
        printed(
            () -> {
              assertThat(broken.execute()).isEqualTo(7);
              assertThat(broken.execute("--json")).isEqualTo(7);
              return ExitCode.OK;
            });

    assertThat(out)
        .startsWith("{runs=3}")
        .contains("\"runs\" : 3", "\"error\" : \"the host is gone\"");
  }

  @Test
  void bootMeasuresRealProcesses() {
    String out = printed(() -> execute(new BootCommand(), "--runs", "1"));

    assertThat(out)
        .contains("process start to balloon driver ready", "goal 450 ms", "1 runs, stolen time");
  }

  @Test
  void migrationMovesAGuestBetweenProcesses(@TempDir Path folder) {
    Path picture = folder.resolve("rounds.svg");
    String out =
        printed(
            () ->
                execute(
                    new MigrationCommand(),
                    "--memory",
                    "64M",
                    "--resident",
                    "4M",
                    "--guests",
                    "lean",
                    "--runs",
                    "1",
                    "--moves",
                    "2",
                    "--svg",
                    picture.toString(),
                    "--json"));

    assertThat(out)
        .contains("\"ratio_with_hints\"", "\"letter_ratio\"", "\"total_time_ms\"", "\"still_ms\"")
        .contains("\"loopback into fresh memory\"");
    assertThat(picture).content().contains("<svg");
  }

  @Test
  void goalsSayWhetherTheyAreMet() {
    String out =
        printed(
            () ->
                execute(
                    new MigrationCommand(),
                    "--goals=downtime",
                    "--memory=64M",
                    "--resident=1M",
                    "--downtime=2"));

    assertThat(out)
        .contains("should be", "the guest stands still, median", "<= 3.00 ms")
        .containsAnyOf("met", "MISSED");
  }

  @Test
  void balloonInflatesAndDeflates() {
    String out =
        printed(
            () -> execute(new BalloonCommand(), "--size", "16M", "--runs", "1", "--no-reporting"));

    assertThat(out).contains("inflate, ms", "RAM in host memory", "inflate and deflate:");
  }

  @Test
  void hintingComparesVariants() {
    String out =
        printed(
            () ->
                execute(
                    new HintingCommand(),
                    "--memory",
                    "64M",
                    "--runs",
                    "1",
                    "--variants",
                    "BITMAP_2016",
                    "--churn",
                    "0"));

    assertThat(out).contains("an idle guest of 64 MiB", "bitmap-2016", "pages hinted");
  }

  @Test
  void queueMeasuresARingInAProcessOfItsOwn() {
    String out =
        printed(
            () ->
                execute(
                    new QueueCommand(),
                    "--runs",
                    "1",
                    "--cases",
                    "PACKED",
                    "--cpus",
                    "any",
                    "--json"));

    assertThat(out).contains("\"packed\"", "\"ns\"", "\"steal_average\"");
  }

  @Test
  void queueRefusesADirectoryWithoutRingtest(@TempDir Path folder) {
    assertThat(Main.run("bench", "queue", "--ringtest", folder.toString()))
        .isEqualTo(ExitCode.USAGE);
  }

  @Test
  void helpTeaches() {
    for (String command :
        new String[] {"guest", "migration", "hinting", "balloon", "boot", "queue"}) {
      assertThat(printed(() -> Main.run("bench", command, "--help")))
          .contains("aerostat bench " + command, "--json");
    }
    assertThat(printed(() -> Main.run("bench", "--help"))).contains("guest", "migration", "boot");
  }
}
