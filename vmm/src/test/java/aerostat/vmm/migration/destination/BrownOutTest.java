package aerostat.vmm.migration.destination;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BrownOutTest {
  private static Map<String, Object> watched(int looks, int slowLooks) {
    AtomicLong polls = new AtomicLong(1_000_000);
    BrownOut brownOut = new BrownOut(polls::get);
    long now = 5_000;
    for (int i = 0; i < looks; i++) {
      brownOut.look(now);
      now += BrownOut.LOOK;
      polls.addAndGet(i < slowLooks ? 10 : 100);
    }
    Map<String, Object> map = new LinkedHashMap<>();
    brownOut.addTo(map);
    return map;
  }

  @Test
  void endsWhereTheRateIsBackAtNineTenths() {
    Map<String, Object> map = watched(BrownOut.LOOKS + 1, 40);

    assertThat(map).containsEntry("x-polls-per-second", 20_000L);
    assertThat(map)
        .containsEntry("x-brown-out", 40.0 * BrownOut.LOOK / TimeUnit.MILLISECONDS.toNanos(1));
  }

  @Test
  void aGuestThatIsFastAtOnceHasNone() {
    assertThat(watched(BrownOut.LOOKS + 1, 0)).containsEntry("x-brown-out", 0.0);
  }

  @Test
  void nothingIsToldBeforeItIsKnown() {
    assertThat(watched(BrownOut.LOOKS, 0)).isEmpty();
  }
}
