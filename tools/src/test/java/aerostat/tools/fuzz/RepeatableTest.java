package aerostat.tools.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.tools.fuzz.engine.OwnEngine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The same seed makes the same run: each execution passes the same edges as often, so the corpora
 * are the same. Two machines of their own, the second in a process that has compiled the guest's
 * code meanwhile and polls at other moments of the host's time.
 */
class RepeatableTest {
  private static final long SEED = 20261121;

  /** Whatever a run consists of, in its order. */
  private record Run(List<String> executions, List<String> corpus) {}

  @ParameterizedTest
  @CsvSource({"device, 80", "driver, 60", "queue-split, 300", "queue-packed, 300"})
  void theSameSeedMakesTheSameRun(String name, int runs) {
    Run first = BigStack.call(() -> run(name, runs));
    Run second = BigStack.call(() -> run(name, runs));
    for (int i = 0; i < first.executions.size(); i++) {
      assertThat(second.executions.get(i)).as("execution " + i).isEqualTo(first.executions.get(i));
    }
    assertThat(second).isEqualTo(first);
    assertThat(first.executions).hasSize(runs);
    assertThat(first.corpus).hasSizeGreaterThan(3);
  }

  private static Run run(String name, int runs) {
    List<String> executions = new ArrayList<>();
    try (FuzzTarget target = TargetKind.of(name).make(BootedGuest.Setup.DEFAULT)) {
      OwnEngine engine = new OwnEngine(new Recorded(target, executions), SEED);
      engine.run(target.seeds(), done -> done < runs, (in, found) -> executions.add("" + found));
      return new Run(executions, engine.corpus().stream().map(HexFormat.of()::formatHex).toList());
    }
  }

  /** Writes down each input with a digest of its edges' counts. */
  private record Recorded(FuzzTarget target, List<String> executions) implements FuzzTarget {
    @Override
    public void run(byte[] input, FuzzLog log) {
      executions.add(HexFormat.of().formatHex(input));
      target.run(input, log);
    }

    @Override
    public byte[] edges() {
      byte[] edges = target.edges();
      if (!executions.isEmpty()) {
        executions.add(executions.removeLast() + " " + Arrays.hashCode(edges));
      }
      return edges;
    }

    @Override
    public List<byte[]> dictionary() {
      return target.dictionary();
    }
  }
}
