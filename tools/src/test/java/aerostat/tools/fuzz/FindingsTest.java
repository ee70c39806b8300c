package aerostat.tools.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import aerostat.tools.fuzz.device.UserDeviceClass;
import aerostat.vmm.image.Flavour;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FindingsTest {
  private static final byte[] INPUT = {1, 2, 7, 3};

  @TempDir private Path folder = Path.of("");

  private final Sevens target = new Sevens();

  /** Breaks its property where an input has a 7 in it. */
  private static final class Sevens implements FuzzTarget {
    private final byte[] edges = new byte[4];
    private int runs;
    private Runnable first = () -> {};

    @Override
    public void run(byte[] input, FuzzLog log) {
      if (runs++ == 0) {
        first.run();
      }
      for (byte b : input) {
        edges[b & 3]++;
        if (b == 7) {
          throw new FuzzFinding("seven", "of " + input.length);
        }
      }
    }

    @Override
    public byte[] edges() {
      return edges;
    }
  }

  private FuzzFinding broken() {
    return Objects.requireNonNull(
        catchThrowableOfType(FuzzFinding.class, () -> new Sevens().run(INPUT, FuzzLog.OFF)));
  }

  private Findings.Kept add(Findings findings) {
    return Objects.requireNonNull(findings.add(target, INPUT, broken(), "a test"));
  }

  @Test
  void whatTheMinimiserRanIsNotCountedToTheNextInput() throws IOException {
    Findings.Kept kept = add(new Findings(folder, "sevens"));

    assertThat(target.runs).isPositive();
    assertThat(Files.readAllBytes(kept.place().resolve("minimal"))).containsExactly(7);
    assertThat(target.edges()).containsOnly(0);
  }

  @Test
  void oneThatIsKnownIsToldOnceByEachProcess() {
    Path place = add(new Findings(folder, "sevens")).place();
    Findings again = new Findings(folder, "sevens");

    Findings.Kept known = add(again);
    assertThat(known).isEqualTo(new Findings.Kept(place, false));
    assertThat(known.line(broken())).isEqualTo("FINDING seven: of 4 (known, in " + place + ")");
    assertThat(again.add(target, INPUT, broken(), "a test")).isNull();
    assertThat(again.count()).isEqualTo(1);
  }

  @Test
  void anotherDeviceHasFindingsOfItsOwn() {
    BootedGuest.Setup other =
        new BootedGuest.Setup(
            32 << 20, "", Flavour.PLAIN, true, "", new UserDeviceClass("Other", ""));
    Path place = add(new Findings(folder, "sevens")).place();

    assertThat(add(new Findings(folder, "sevens", other)))
        .matches(Findings.Kept::fresh)
        .extracting(Findings.Kept::place)
        .isNotEqualTo(place);
  }

  @Test
  void aFindingIsThereBeforeItIsMinimised_andAFolderWithoutOneIsNone() {
    target.first =
        () -> {
          throw new UncheckedIOException(new IOException("killed"));
        };
    Findings killed = new Findings(folder, "sevens");
    assertThatThrownBy(() -> add(killed)).hasMessageContaining("killed");

    Findings.Kept left = add(new Findings(folder, "sevens"));
    assertThat(left.fresh()).isFalse();
    assertThat(left.place()).isDirectoryContaining("glob:**/finding.txt");
    assertThat(left.place().resolve("input")).hasBinaryContent(INPUT);
  }

  @Test
  void aFolderThatAKilledProcessLeftEmptyIsNoFinding() throws IOException {
    Path place = add(new Findings(folder, "sevens")).place();
    Files.delete(place.resolve("finding.txt"));

    assertThat(add(new Findings(folder, "sevens"))).isEqualTo(new Findings.Kept(place, true));
  }

  @Test
  void whatTakesAMinuteIsNotRunAgain() {
    FuzzFinding hang = FuzzFinding.hang("no answer");

    assertThat(new Findings(folder, "sevens").add(target, INPUT, hang, "a test")).isNotNull();
    assertThat(target.runs).isZero();
  }

  @Test
  void theMinimiserEndsWithItsTimeAndWithItsRuns() {
    byte[] input = new byte[64];
    input[40] = 7;
    String seven = broken().signature();
    Duration ten = Duration.ofSeconds(10);

    long[] now = {0};
    new Minimizer(target, seven, () -> now[0] += 1_000_000_000L).minimize(input, 2_000, ten);
    assertThat(target.runs).isEqualTo(9);

    new Minimizer(target, seven, () -> 0).minimize(input, 5, ten);
    assertThat(target.runs).isEqualTo(9 + 5);

    assertThat(new Minimizer(target, seven, () -> 0).minimize(input, 2_000, ten))
        .containsExactly(7);
  }
}
