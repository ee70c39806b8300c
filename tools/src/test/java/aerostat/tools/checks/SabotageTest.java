package aerostat.tools.checks;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.machine.RunState;
import aerostat.vmm.machine.Sabotage;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A check that cannot fail checks nothing: each planted error is caught, with the right message.
 */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class SabotageTest {
  private static final long MEMORY = 64L << 20;

  /** Every page of 16 MiB is written anew within a second, so that a lost mark loses something. */
  private static final String BUSY = "workload=kvstore,dirty dirty.rate=200 workload.interval=200";

  @AfterEach
  void honestAgain() {
    System.clearProperty(Sabotage.PROPERTY);
  }

  private static void plant(Sabotage error) {
    System.setProperty(Sabotage.PROPERTY, error.word());
  }

  @Test
  @DisplayName("without sabotage the same migration passes x-verify")
  void honestMigrationPasses() throws Exception {
    try (Place a = new Place();
        Place b = new Place()) {
      a.boot(MEMORY, BUSY);
      a.console.await("workload-stat name=dirty");
      assertThat(a.migrateTo(b, Map.of("x-verify", true)))
          .as(() -> String.valueOf(a.service.query()))
          .isEqualTo("completed");
    }
  }

  @Test
  @DisplayName("a skipped page: x-verify names the page, the source goes on")
  void skippedPage() throws Exception {
    verifyFails(Sabotage.SKIP_PAGE);
  }

  @Test
  @DisplayName("one dirty mark in a thousand lost: x-verify names the page, the source goes on")
  void lostDirtyMark() throws Exception {
    verifyFails(Sabotage.LOSE_DIRTY_MARK);
  }

  @Test
  @DisplayName("a stale hint applied: x-verify names the page, the source goes on")
  void staleHint() throws Exception {
    verifyFails(Sabotage.STALE_HINT);
  }

  @Test
  @DisplayName("both sides resume: the source is seen running a guest that it gave away")
  void bothRun() throws Exception {
    plant(Sabotage.RESUME_BOTH);
    try (Place a = new Place();
        Place b = new Place()) {
      a.boot(MEMORY, BUSY);
      a.console.await("workload-stat name=dirty");
      a.migrateTo(b, Map.of());
      boolean both =
          a.machine().state() == RunState.RUNNING && b.machine().state() == RunState.RUNNING;
      assertThat(both).as("two run, and the demo's check for it would see them").isTrue();
    }
  }

  private static void verifyFails(Sabotage error) throws Exception {
    plant(error);
    try (Place a = new Place();
        Place b = new Place()) {
      a.boot(MEMORY, BUSY);
      a.console.await("workload-stat name=dirty");
      // A lost mark is only seen when its page is not written again; several tries make that sure.
      String end = "completed";
      Place from = a;
      Place to = b;
      for (int attempt = 0; attempt < 5 && end.equals("completed"); attempt++) {
        end = from.migrateTo(to, Map.of("x-verify", true));
        if (end.equals("completed")) {
          Place swap = from;
          from = to;
          to = swap;
        }
      }
      Map<String, Object> query = from.service.query();
      assertThat(end).as(query::toString).isEqualTo("failed");
      assertThat(query.get("error-desc")).asString().containsIgnoringCase("page").contains("0x");
      assertThat(from.machine().state()).isEqualTo(RunState.RUNNING);
      assertThat(to.slot.machine()).isNull();
    }
  }
}
