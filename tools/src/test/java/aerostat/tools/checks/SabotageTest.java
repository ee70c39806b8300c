package aerostat.tools.checks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
  private static final long MIB = 1L << 20;
  private static final long MEMORY = 64 * MIB;

  /** Some of these errors heal when the guest writes the page again: then it is tried once more. */
  private static final int ATTEMPTS = 8;

  /** Writes and reads all of its 2 × 16 MiB anew all the time, so that lost writes show soon. */
  private static final String BUSY =
      "workload=kvstore,dirty dirty.rate=200 kvstore.cycle=300 workload.interval=100";

  /** Fills most of its memory when all drivers are up, and keeps it. */
  private static final String FILLING = "resident=384M " + BUSY;

  /** Reports are a tenth of a second apart, and twenty are waited for. */
  private static final long SILENCE_SECONDS = 18;

  private static final String STAT = "workload-stat name=dirty";

  @AfterEach
  void honestAgain() {
    System.clearProperty(Sabotage.PROPERTY);
  }

  private static void plant(Sabotage error) {
    System.setProperty(Sabotage.PROPERTY, error.word());
  }

  @Test
  @DisplayName("without sabotage the same migration passes x-verify, and nothing is lost")
  void honestMigrationPasses() throws Exception {
    try (Place a = new Place();
        Place b = new Place()) {
      a.boot(MEMORY, BUSY);
      a.console.await(STAT);
      assertThat(a.migrateTo(b, Map.of("x-verify", true)))
          .as(() -> String.valueOf(a.service.query()))
          .isEqualTo("completed");
      assertThat(fateAt(b)).isEmpty();
    }
  }

  @Test
  @DisplayName("a skipped page: x-verify names the page, the source goes on")
  void skippedPage() throws Exception {
    plant(Sabotage.SKIP_PAGE);
    verifyFails();
  }

  @Test
  @DisplayName("one dirty mark in a thousand lost: x-verify names the page, the source goes on")
  void lostDirtyMark() throws Exception {
    plant(Sabotage.LOSE_DIRTY_MARK);
    verifyFails();
  }

  @Test
  @DisplayName("a skipped page, without x-verify: the guest sees it at the destination")
  void skippedPageInTheGuest() throws Exception {
    plant(Sabotage.SKIP_PAGE);
    // So many are skipped that it is the kernel's own memory as well.
    guestNotices("(LOST|Call Trace).*");
  }

  @Test
  @DisplayName("one dirty mark in a thousand lost, without x-verify: the guest sees lost writes")
  void lostDirtyMarkInTheGuest() throws Exception {
    plant(Sabotage.LOSE_DIRTY_MARK);
    guestNotices("LOST.*");
  }

  @Test
  @DisplayName("a stale hint applied: x-verify names the page, the source goes on")
  void staleHint() throws Exception {
    plant(Sabotage.STALE_HINT);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      try (Place a = new Place();
          Place b = new Place()) {
        // Its free memory is hinted while it still has some, and in use when the guest goes again.
        // The other rule asks for no hints of a guest that has touched as little as this one.
        a.service.setParameters(Map.of("x-switchover", "qemu"));
        a.boot(512 * MIB, FILLING);
        while (!a.machine().balloon().driverReady()) {
          Thread.onSpinWait();
        }
        moves(a, b);
        b.console.await(STAT);
        moves(b, a);
        if (a.migrateTo(b, Map.of("x-verify", true)).equals("failed")) {
          assertSourceGoesOn(a, b);
          return;
        }
      }
    }
    throw new AssertionError("no stale hint was noticed");
  }

  @Test
  @DisplayName("both sides resume: the source is seen running a guest that it gave away")
  void bothRun() throws Exception {
    plant(Sabotage.RESUME_BOTH);
    try (Place a = new Place();
        Place b = new Place()) {
      a.boot(MEMORY, BUSY);
      a.console.await(STAT);
      assertThatThrownBy(() -> a.migrateTo(b, Map.of()))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("runs in both places");
    }
  }

  private static void moves(Place from, Place to) throws InterruptedException {
    assertThat(from.migrateTo(to, Map.of()))
        .as(() -> String.valueOf(from.service.query()))
        .isEqualTo("completed");
  }

  private static void verifyFails() throws Exception {
    try (Place a = new Place();
        Place b = new Place()) {
      a.boot(MEMORY, BUSY);
      a.console.await(STAT);
      Place from = a;
      Place to = b;
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (from.migrateTo(to, Map.of("x-verify", true)).equals("failed")) {
          assertSourceGoesOn(from, to);
          return;
        }
        Place swap = from;
        from = to;
        to = swap;
      }
      throw new AssertionError("x-verify noticed nothing: " + to.service.query());
    }
  }

  private static void assertSourceGoesOn(Place from, Place to) {
    assertThat(from.service.query().get("error-desc"))
        .asString()
        .containsPattern("x-verify: page \\d+ \\(guest address 0x[0-9a-f]+\\) differs");
    assertThat(from.machine().state()).isEqualTo(RunState.RUNNING);
    assertThat(to.slot.machine()).isNull();
  }

  /** As the demo and the move tests look at it: the workloads report what they lost. */
  private static void guestNotices(String how) throws Exception {
    String fates = "";
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      try (Place a = new Place();
          Place b = new Place()) {
        a.boot(MEMORY, BUSY);
        a.console.await(STAT);
        moves(a, b);
        String fate = fateAt(b);
        if (fate.matches(how)) {
          return;
        }
        fates += "[" + fate + "]";
      }
    }
    throw new AssertionError("the guest did not notice: " + fates);
  }

  /**
   * What the console shows, once all records were read again; empty if nothing went wrong. A kernel
   * that lost a page of its own may as well fall silent.
   */
  private static String fateAt(Place place) throws InterruptedException {
    boolean told =
        place.console.within(
            SILENCE_SECONDS,
            text ->
                text.contains("LOST")
                    || text.contains("Call Trace")
                    || text.split(STAT, -1).length > 20);
    if (!told) {
      return "silence";
    }
    String text = place.console.text();
    int lost = text.indexOf("LOST");
    int from = lost >= 0 ? lost : text.indexOf("Call Trace");
    return from < 0 ? "" : text.substring(from).lines().findFirst().orElse("");
  }
}
