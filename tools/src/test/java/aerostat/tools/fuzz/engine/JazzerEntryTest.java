package aerostat.tools.fuzz.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class JazzerEntryTest {
  /** Regions of counters in libFuzzer; some are the agent's own. */
  private static final int REGIONS = 4_096;

  /** Five times those of the guest. */
  private static final int EDGES = 100_000;

  @Test
  void edgesAndMagnitudesAreToldApart_withinTheRegionsThatThereAre() {
    Set<Integer> seen = new HashSet<>();
    Set<Integer> ids = new HashSet<>();
    for (int edge = 0; edge < EDGES; edge++) {
      int id = JazzerEntry.id(edge);
      ids.add(id);
      for (int magnitude = 0; magnitude < 8; magnitude++) {
        int state = JazzerEntry.state(edge, (byte) (1 << magnitude)) & 0xff;
        assertThat(seen.add(id << 8 | state)).as("edge %d, 2^%d", edge, magnitude).isTrue();
      }
    }
    assertThat(ids).hasSizeLessThan(REGIONS - 500);
    assertThat(JazzerEntry.state(7, (byte) 200)).isEqualTo(JazzerEntry.state(7, (byte) 128));
  }
}
