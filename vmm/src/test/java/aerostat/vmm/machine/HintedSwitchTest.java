package aerostat.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.vmm.migration.SteppedMigration.Ending;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A whole guest (inflate, deflate, churn, timers, kthreads) goes with hints at every single poll
 * from the first one at which its balloon has a driver, in chains. Nothing differs from the guest
 * that was asked for the same hints and stayed: every byte of RAM, the owner of each page, register
 * and device state, the console and the trace.
 *
 * <p>A chain goes in one of three ways: without a fill, with one ({@code x-hint-fill}), and by
 * postcopy ({@code x-postcopy-hints}), where it runs at first on pages that come as they are
 * touched. Which, is another one each day, that of {@code -Daerostat.hinted.day=N}; with {@code
 * -Daerostat.hinted.all=true} each chain goes in all of them.
 */
final class HintedSwitchTest {
  private static final long DAY =
      Long.getLong("aerostat.hinted.day", LocalDate.now(ZoneOffset.UTC).toEpochDay());

  private static ScriptedGuest origin;

  @BeforeAll
  static void bootUntilThereIsADriver() {
    origin = ScriptedGuest.boot(Script.HINTED);
    while (!origin.hintingPossible()) {
      assertThat(origin.runTo(origin.machine().polls() + 1)).isTrue();
    }
  }

  @AfterAll
  static void end() {
    origin.close();
  }

  private static HintedChain chain(int first, Ending ending) {
    // Discards are inhibited while pages are missing, so in both guests all the time.
    boolean discards = ending != Ending.POSTCOPY;
    Script script = discards ? Script.HINTED : Script.HINTED.withoutDiscards();
    return new HintedChain(origin, script, origin.machine().polls() + 2 + first, ending);
  }

  private static List<Ending> endings(int first) {
    List<Ending> all = List.of(Ending.values());
    return Boolean.getBoolean("aerostat.hinted.all")
        ? all
        : List.of(all.get((int) Math.floorMod(first + DAY, (long) all.size())));
  }

  @Test
  void switchWithHintsAtEveryPoll_equalsTheGuestThatStayed() {
    SwitchCounts counts = new SwitchCounts();
    int planned = 0;
    for (int first = 0; first < HintedChain.PERIOD; first++) {
      for (Ending ending : endings(first)) {
        HintedChain chain = chain(first, ending);
        HintedChain.Stayed stayed = chain.stays();
        planned += stayed.switches();
        counts.add(chain.moves(stayed, error -> false));
      }
    }
    System.out.printf(
        "hinted, day %d: a switch at each poll, %d of %d equal: %s%n",
        DAY, counts.switches(), planned, counts);
    assertThat(counts.switches()).isEqualTo(planned);
    assertThat(counts.between()).isGreaterThan(planned / 8);
    assertThat(counts.over()).isGreaterThan(planned / 20);
    assertThat(counts.second()).isGreaterThan(planned / 5);
    assertThat(counts.hinted()).isGreaterThan(planned / 3);
  }

  /** Those that need one thread only; the others are the explorer's. */
  @Test
  void plantedErrorsAreNoticed() {
    HintedChain chain = chain(0, Ending.PRECOPY);
    HintedChain.Stayed stayed = chain.stays();
    for (Sabotage planted :
        List.of(
            Sabotage.LOSE_DIRTY_MARK,
            Sabotage.LOG_AFTER_HINTS,
            Sabotage.ACCEPT_STALE_ID,
            Sabotage.DISCARD_HINTS)) {
      assertThatThrownBy(() -> chain.moves(stayed, error -> error == planted))
          .as("%s", planted)
          .isInstanceOf(AssertionError.class);
    }
  }
}
