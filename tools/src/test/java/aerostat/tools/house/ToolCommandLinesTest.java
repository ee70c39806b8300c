package aerostat.tools.house;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.cli.ExitCode;
import aerostat.vmm.cli.Main;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a user sees of the tools' commands: their help, and what is wrong with a command line. */
@Isolated("takes System.out and System.err")
@Timeout(60)
class ToolCommandLinesTest {
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

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "demo",
        "explore",
        "interop",
        "interop compare",
        "interop convert",
        "fuzz",
        "fuzz planted",
        "bench",
        "bench balloon",
        "bench boot",
        "bench guest",
        "bench hinting",
        "bench migration",
        "bench queue"
      })
  void helpFitsATerminal(String command) {
    assertThat(Main.run((command + " --help").split(" "))).as(err()).isZero();
    assertThat(err()).as("what picocli cannot format").isEmpty();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("Usage: aerostat " + command, "--verbose")
        .satisfies(
            text ->
                assertThat(text.lines().mapToInt(String::length).max().orElse(0))
                    .isLessThanOrEqualTo(100));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "fuzz|aerostat fuzz: name a target: device, driver,",
        "fuzz teapot|aerostat fuzz: 'teapot' is no target; there are device,",
        "fuzz device --memory 1|--memory 1: a multiple of 4K is needed, from 2M to 4G",
        "fuzz device --memory 1T|from 2M to 4G",
        "fuzz device --time 9999999999|--time 9999999999: at least 1, at most",
        "fuzz device --engine own --jobs 8|--jobs 8: the own engine is one process",
        "fuzz device --device-class Absent|--device-class Absent: no such class",
        "fuzz device --class-path x|--class-path is for --device-class",
        "fuzz qmp --driver merged|target qmp has no guest",
        "fuzz image --sanitize|target image has no guest",
        "fuzz stream --memory 32M|--memory: the guest of target stream has 8 MiB",
        "fuzz device --time 0|at least 1",
        "fuzz queue-split --device-class X|--device-class is for target device",
        "fuzz device --plant teapot|aerostat fuzz: no defect 'teapot'",
        "fuzz planted teapot|aerostat fuzz planted: no defect 'teapot'",
        "explore --replay teapot|'teapot' is no step here",
        "explore --setting teapot|no setting 'teapot'; --list names them",
        "explore --depth 0|--depth takes a number from 1 up",
        "interop brew|no command 'brew'",
        "bench brew|no command 'brew'",
        "bench boot --runs 0|--runs 0: at least 1",
        "bench queue --cpus 0|--cpus 0: two processors, or any",
        "bench queue --cpus 998,999|--cpus 998: not on this host",
      })
  void aWrongCommandLineIsCodeTwoAndSaysWhatToDo(String line, String message) {
    int code = Main.run(line.split(" "));

    assertThat(err()).contains(message).doesNotContain("\tat ");
    assertThat(code).isEqualTo(ExitCode.USAGE);
    assertThat(out.toString(StandardCharsets.UTF_8)).isEmpty();
  }

  @Test
  void aNameOutOfAListMayBeWrittenSmall() {
    assertThat(Main.run("bench", "migration", "--qemu-accel=tcg", "--help")).isEqualTo(ExitCode.OK);
    assertThat(Main.run("bench", "migration", "--qemu-accel=xen")).isEqualTo(ExitCode.USAGE);
    assertThat(err()).contains("KVM, TCG");
  }

  @Test
  void whatCannotBeHadIsCodeThree() throws IOException {
    String absent = folder.resolve("absent").toString();
    String text = Files.writeString(folder.resolve("text"), "text").toString();

    List<List<String>> lines = new ArrayList<>();
    lines.add(List.of("interop", "compare", absent));
    lines.add(List.of("interop", "convert", absent));
    lines.add(List.of("interop", "convert", folder.toString()));
    lines.add(List.of("fuzz", "--replay", absent));
    lines.add(List.of("fuzz", "--replay", text));
    lines.add(List.of("fuzz", "qmp", "--import", absent));
    lines.add(finding("memory: 1099511627776"));
    lines.add(finding("memory: much"));
    lines.add(finding("driver: teapot"));
    lines.add(finding("device-class: Absent"));
    Path sparse = Path.of(finding("memory: 33554432").getLast()).resolve("input");
    try (RandomAccessFile file = new RandomAccessFile(sparse.toFile(), "rw")) {
      file.setLength(3L << 30);
    }
    lines.add(List.of("fuzz", "--replay", Objects.requireNonNull(sparse.getParent()).toString()));
    for (List<String> line : lines) {
      err.reset();
      assertThat(Main.run(line.toArray(String[]::new))).as("%s: %s", line, err()).isEqualTo(3);
      assertThat(err()).as("%s", line).hasLineCount(1).startsWith("aerostat " + line.getFirst());
      assertThat(err()).as("%s", line).doesNotContain("Exception");
    }
  }

  /** A command line that replays a finding with this line in it. */
  private List<String> finding(String line) throws IOException {
    Path place = Files.createTempDirectory(folder, "finding");
    Files.writeString(place.resolve("finding.txt"), "target: device\n" + line + "\n\n");
    Files.write(place.resolve("input"), new byte[] {1});
    return List.of("fuzz", "--replay", place.toString());
  }

  @Test
  void aRecordingThatIsNoneIsCodeOne() throws IOException {
    Path bytes = Files.write(folder.resolve("bytes"), new byte[] {(byte) 0xff, 10, 13});

    assertThat(Main.run("interop", "compare", bytes.toString())).isEqualTo(ExitCode.FAILED);
    assertThat(Main.run("interop", "convert", bytes.toString())).isEqualTo(ExitCode.FAILED);
    assertThat(err()).contains(bytes + ": it is no text").hasLineCount(2);
  }
}
