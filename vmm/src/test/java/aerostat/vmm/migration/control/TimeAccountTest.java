package aerostat.vmm.migration.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TimeAccountTest {
  private static final long MS = 1_000_000;

  private static Map<String, Object> asked(TimeAccount account, long now) {
    Map<String, Object> map = new LinkedHashMap<>();
    account.addTo(map, now);
    return map;
  }

  @Test
  void partsAddUpToAllTheTime_alsoWhereOneComesAgain_andHoweverOftenItIsAsked() {
    TimeAccount account = new TimeAccount(1000 * MS);
    assertThat(asked(account, 1001 * MS)).isEmpty();
    account.enter("a", 1002 * MS);
    account.enter("b", 1010 * MS);
    assertThat(asked(account, 1013 * MS))
        .containsEntry("x-time-split", Map.of("a", 10.0, "b", 3.0));
    account.enter("a", 1015 * MS);
    assertThat(asked(account, 1016 * MS))
        .containsEntry("x-time-split", Map.of("a", 11.0, "b", 5.0));
  }

  @Test
  void whoAsksAfterTheEndHearsWhatWasThen() {
    TimeAccount account = new TimeAccount(0);
    account.enter("a", 0);
    assertThat(asked(account, 5 * MS)).containsEntry("x-time-split", Map.of("a", 5.0));
    assertThat(asked(account, 5 * MS)).containsEntry("x-time-split", Map.of("a", 5.0));
  }
}
