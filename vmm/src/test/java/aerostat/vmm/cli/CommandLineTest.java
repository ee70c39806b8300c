package aerostat.vmm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a user sees of a wrong command line, in this process. */
@Isolated("takes System.out and System.err")
@Timeout(60)
class CommandLineTest {
  private final PrintStream realOut = System.out;
  private final PrintStream realErr = System.err;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @TempDir Path folder = Path.of("unset");

  @BeforeEach
  void take() {
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void giveBack() {
    System.setOut(realOut);
    System.setErr(realErr);
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "run --memory 1X|'1X' is not a size; write bytes, or a number with K, M, G or T",
        "run --memory 1.5G|'1.5G' is not a size",
        "run --memory -1M|'-1M' is not a size",
        "run --driver psychic|'psychic': write one of merged, merged-4.20,",
        "run --driver a.java,merged|'a.java,merged': write one of",
        "run --driver none --incoming defer|--driver does not go with --incoming: the driver comes",
        "run --memory 99999999999G|is too large a size",
        "run --memory 9223372036854775807K|is too large a size",
        "run --memory|missing required",
        "run --memory 4097K|a multiple of 4K is needed, from 2M to 1T",
        "run --memory 1M|from 2M to 1T",
        "run --memory 2T|from 2M to 1T",
        "run @/etc/hostname|unmatched argument at index 0: '@/etc/hostname'",
        "run --memmory 1G|unknown option",
        "run extra|unmatched argument",
        "run --qmp /tmp/a.sock|write unix:PATH or tcp:HOST:PORT",
        "run --qmp tcp:localhost|has no port",
        "run --qmp tcp:localhost:99999|is not a port",
        "run --balloon free-page-hint=maybe|write on or off",
        "run --balloon size=1G|the balloon has no property 'size'",
        "run --console tape|write stdio, file:PATH or none",
        "run --seed x|--seed",
        "run --paused|--paused needs a --qmp",
        "run --incoming defer|--incoming defer needs a --qmp",
        "run --incoming tcp:127.0.0.1:0 --image x.jar|--image does not go with --incoming",
        "run --incoming tcp:127.0.0.1:0 --seed 1|--seed does not go with --incoming",
        "run --on-panic burn|write exit or pause",
        "run --flavour sweet|write plain or sanitizing",
        "migrate tcp:127.0.0.1:1|missing required option",
        "migrate --qmp unix:/x|missing required parameter",
        "migrate --qmp unix:/x unix:/y --set speed|is not KEY=VALUE",
        "migrate --qmp unix:/x unix:/y --set a=1 --set a=2|'a' is given twice",
        "migrate --qmp unix:/x unix:/y --capability auto-converge=high|write on or off",
        "qmp|missing required parameter",
        "qmp unix:/x balloon 512M|is not KEY=VALUE",
        "qmp nowhere query-status|is not a socket address",
        "verify|missing required parameter",
        "rnu --memory 1G|no command 'rnu'",
      })
  void aWrongCommandLineIsCodeTwoAndSaysWhatToDo(String line, String message) {
    int code = Main.run(line.split(" "));

    assertThat(err()).containsIgnoringCase(message).doesNotContain("\tat ");
    assertThat(code).isEqualTo(ExitCode.USAGE);
    assertThat(out()).isEmpty();
  }

  @Test
  void malformedJsonArgumentsAreShown() {
    assertThat(Main.run("qmp", "unix:/x", "balloon", "{\"value\": }")).isEqualTo(ExitCode.USAGE);
    assertThat(err()).contains("is not JSON");
  }

  @Test
  void aMisspeltOptionBringsASuggestion() {
    Main.run("run", "--memmory", "1G");
    assertThat(err()).contains("--memory").contains("Try 'aerostat run --help'");
  }

  @Test
  void aCommandLineForTheGuestMustFitAndBeLatin1() {
    assertThat(Main.run("run", "--append", "x".repeat(2000))).isEqualTo(ExitCode.USAGE);
    assertThat(err()).contains("1900 at most");
    assertThat(Main.run("run", "--append", "workload=\u4e2d")).isEqualTo(ExitCode.USAGE);
    assertThat(err()).contains("only Latin-1");
  }

  @Test
  void whatCannotBeHadIsCodeThree() throws IOException {
    String absent = folder.resolve("absent").toString();
    String notThere = "unix:" + absent + "/a.sock";

    List<List<String>> lines = new ArrayList<>();
    lines.add(List.of("run", "--image", absent));
    lines.add(List.of("run", "--driver", absent + "/MyBalloon.java"));
    lines.add(List.of("run", "--console", "file:" + absent + "/c.log"));
    lines.add(List.of("run", "--trace", absent + "/t.log"));
    lines.add(List.of("run", "--memory-path", absent + "/ram"));
    lines.add(List.of("run", "--memory-path", folder.toString()));
    lines.add(List.of("run", "--memory-path", "/dev/full"));
    lines.add(List.of("run", "--qmp", "unix:" + folder));
    lines.add(List.of("run", "--incoming", "unix:" + folder));
    lines.add(List.of("qmp", notThere, "query-status"));
    lines.add(List.of("migrate", "--qmp", notThere, "unix:/x"));
    lines.add(List.of("verify", absent));
    Path text = Files.writeString(folder.resolve("text.jar"), "not a jar");
    lines.add(List.of("verify", text.toString()));
    lines.add(List.of("snapshot", "info", absent));
    lines.add(List.of("snapshot", "verify", folder.toString()));
    lines.add(List.of("run", "--image", folder.toString()));
    lines.add(List.of("run", "--incoming", "file:" + absent));
    lines.add(List.of("run", "--incoming", "file:" + folder));
    for (List<String> line : lines) {
      err.reset();
      assertThat(Main.run(line.toArray(String[]::new))).as("%s", line).isEqualTo(3);
      assertThat(err()).as("%s", line).hasLineCount(1).startsWith("aerostat " + line.getFirst());
    }
  }

  @Test
  void aDriverOfTheUsersOwnIsCompiledVerifiedAndRun() throws IOException {
    Path good =
        Files.writeString(
            folder.resolve("Good.java"),
            "record Good() implements aerostat.guest.balloon.BalloonVariant {"
                + " @Override public String name() { return \"good\"; } }");
    Path console = folder.resolve("console");
    String[] run = {
      "run",
      "--deterministic",
      "--memory",
      "16M",
      "--append",
      "workload=mix mix.rounds=1 workload.poweroff=y",
      "--console",
      "file:" + console,
      "--driver",
      ""
    };
    run[run.length - 1] = good.toString();
    assertThat(Main.run(run)).as(err()).isZero();
    assertThat(Files.readString(console)).contains("virtio_balloon virtio0: ready, variant good");

    err.reset();
    run[run.length - 1] = Files.writeString(folder.resolve("Bad.java"), "record Bad(").toString();
    assertThat(Main.run(run)).isEqualTo(ExitCode.FAILED);
    assertThat(err()).contains("Bad.java:1: error: ", "1 error").doesNotContain("\tat ");

    err.reset();
    String field = Files.readString(good).replace("{ return", "{ x++; return") + " class X {}";
    field = field.replaceFirst("\\{", "{ static int x;").replace("Good", "Field");
    run[run.length - 1] = Files.writeString(folder.resolve("Field.java"), field).toString();
    assertThat(Main.run(run)).isEqualTo(ExitCode.FAILED);
    assertThat(err()).contains("Field.name line 1: G07");

    run[run.length - 1] = "reporting";
    assertThat(Main.run(run)).as(err()).isZero();
    assertThat(Files.readString(console)).contains("variant reporting");
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "migrate", "qmp", "verify", "snapshot"})
  void helpTeachesWithExamplesAndExitCodes(String command) {
    assertThat(Main.run(command, "--help")).isZero();
    assertThat(err()).as("what picocli cannot format").isEmpty();
    assertThat(out()).contains("Example", "aerostat " + command, "Exit codes:");
    assertThat(out().lines().mapToInt(String::length).max().orElse(0)).isLessThanOrEqualTo(100);
  }

  @Test
  void theTopHelpListsTheCommands() {
    assertThat(Main.run("--help")).isZero();
    assertThat(out()).contains("run ", "migrate ", "qmp ", "verify ", "aerostat demo");
  }

  @Test
  void noCommandIsAnErrorWithHelp() {
    assertThat(Main.run()).isEqualTo(ExitCode.USAGE);
    assertThat(err()).contains("COMMAND");
  }

  @Test
  void theVersionIsOneLine() {
    assertThat(Main.run("--version")).isZero();
    assertThat(out()).startsWith("aerostat 0.1.0").hasLineCount(1);
  }
}
