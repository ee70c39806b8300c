package aerostat.tools.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every finding that was ever made is none any more, and its input still means what it meant:
 * folders beside this test's resources. Whoever changes what inputs mean writes an input with the
 * old meaning, or, if a trace differs in its words only, lets {@code -Daerostat.update=true} write
 * all of them, {@code trace.txt}, anew.
 */
class ReplayTest {
  private static final Duration LONGEST = Duration.ofSeconds(40);
  private static final String TRACE = "trace.txt";
  private static final String SOURCES = "src/test/resources/aerostat/tools/fuzz/findings";

  /** What the guest prints, what hangs on its or another thread's timing, and our version. */
  private static final Pattern PASSING =
      Pattern.compile("(guest: |the host asks for |the guest is here: |\\{\"QMP\").*");

  @TestFactory
  List<DynamicTest> everyFindingIsMended() throws IOException, URISyntaxException {
    Path all = Path.of(Objects.requireNonNull(ReplayTest.class.getResource("findings")).toURI());
    try (Stream<Path> folders = Files.list(all)) {
      List<DynamicTest> tests =
          folders
              .filter(Files::isDirectory)
              .sorted()
              .map(
                  folder -> DynamicTest.dynamicTest("" + folder.getFileName(), () -> check(folder)))
              .toList();
      assertThat(tests).isNotEmpty();
      return tests;
    }
  }

  private static void check(Path folder) throws IOException {
    Path source = Path.of(SOURCES).resolve(folder.getFileName());
    StoredFinding finding = StoredFinding.read(folder);
    long begun = System.nanoTime();
    List<String> replayed = finding.replay();
    assertThat(replayed).last().isEqualTo("every property holds");
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(LONGEST);
    boolean update = Boolean.getBoolean("aerostat.update");
    if (finding.kind() == TargetKind.IMAGE) {
      if (update) {
        KeptClasses.keep(source, finding.input());
      }
      replayed = KeptClasses.replay(update ? source : folder);
      assertThat(replayed).last().isEqualTo("every property holds");
    }
    List<String> events =
        replayed.stream()
            .limit(replayed.size() - 1)
            .filter(line -> !PASSING.matcher(line).matches())
            .toList();
    assertThat(events).as("an input that means nothing").isNotEmpty();
    if (update) {
      Files.write(source.resolve(TRACE), events);
      return;
    }
    assertThat(events)
        .as("%s means something else today; see the comment of this test", folder)
        .isEqualTo(Files.readAllLines(folder.resolve(TRACE)));
  }
}
