package aerostat.tools.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FindingsTest {
  @TempDir private Path folder = Path.of("");

  /** Breaks its property where an input has a 7 in it. */
  private static final class Sevens implements FuzzTarget {
    private final byte[] edges = new byte[4];
    private int runs;

    @Override
    public void run(byte[] input, FuzzLog log) {
      runs++;
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

  @Test
  void whatTheMinimiserRanIsNotCountedToTheNextInput() {
    Sevens target = new Sevens();
    byte[] input = {1, 2, 7, 3};
    FuzzFinding finding = new FuzzFinding("seven", "of 4");

    Path place = new Findings(folder, "sevens").add(target, input, finding, "a test");

    assertThat(target.runs).isPositive();
    assertThat(place).isNotNull().isDirectoryContaining("glob:**/minimal");
    assertThat(target.edges()).containsOnly(0);
    assertThat(new Findings(folder, "sevens").add(target, input, finding, "again")).isNull();
  }
}
