package aerostat.tools.processes;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.tools.child.VmmChild;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Moves a guest there and back between processes while it writes, and looks for lost writes. Every
 * other move is hinted, every third goes over a UNIX socket. {@code -Dhops=1000} makes a soak test
 * of it: {@code mvn verify -pl tools -am -Dit.test=PingPongIT -Dhops=1000}.
 */
class PingPongIT {
  private static final int HOPS = Integer.getInteger("hops", 10);

  @TempDir Path folder = Path.of("unset");

  @Test
  @Timeout(value = 24, unit = java.util.concurrent.TimeUnit.HOURS)
  void betweenTheSameTwo() throws Exception {
    try (Fleet fleet = new Fleet(folder)) {
      VmmChild from = fleet.startGuest("A");
      VmmChild to = fleet.startEmpty("B");
      for (int hop = 1; hop <= HOPS; hop++) {
        hop(hop, from, to);
        VmmChild arrived = to;
        to = from;
        from = arrived;
      }
    }
  }

  @Test
  @Timeout(value = 24, unit = java.util.concurrent.TimeUnit.HOURS)
  void alwaysToAFreshProcess() throws Exception {
    try (Fleet fleet = new Fleet(folder)) {
      VmmChild from = fleet.startGuest("P0");
      VmmChild next = fleet.startEmpty("P1");
      for (int hop = 1; hop <= HOPS; hop++) {
        VmmChild to = next;
        if (hop < HOPS) {
          // It starts while the guest moves: on a busy host most of a test is JVMs that start.
          next = fleet.startEmpty("P" + (hop + 1));
        }
        hop(hop, from, to);
        from.close();
        from = to;
      }
    }
  }

  private void hop(int hop, VmmChild from, VmmChild to) throws Exception {
    String uri =
        Fleet.listen(to, hop % 3 == 0 ? "unix:" + folder.resolve("m" + hop) : "tcp:127.0.0.1:0");
    long verified = from.counters().verified();
    from.qmp("migrate-set-parameters", Map.of("x-hinting", hop % 2 == 0));

    Fleet.move(from, to, uri);

    assertThat(Fleet.runState(from)).as("hop %d", hop).isEqualTo("postmigrate");
    Fleet.countsOn(to);
    assertThat(to.counters().verified()).as("hop %d", hop).isGreaterThan(verified);
  }
}
