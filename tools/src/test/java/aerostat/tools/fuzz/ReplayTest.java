package aerostat.tools.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every finding that was ever made is none any more; folders beside this test's resources. */
class ReplayTest {
  private static final Duration LONGEST = Duration.ofSeconds(40);

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
    StoredFinding finding = StoredFinding.read(folder);
    long begun = System.nanoTime();
    assertThat(finding.replay()).last().isEqualTo("every property holds");
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(LONGEST);
  }
}
