package aerostat.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A whole guest (boot, inflate, deflate, churn, timers, kthreads) is moved by the migration code at
 * every safepoint, and nothing differs from the guest that stayed: every byte of RAM, register and
 * device state, the console and the trace.
 */
final class MigrateAtEverySafepointTest {
  private static final int SINGLE_MOVES = 2000;
  private static final long SEED = 20;

  private static ScriptedGuest.Reference reference;
  private static ExecutorService threads;
  private static Future<String> chain;
  private static Future<String> singles;

  @BeforeAll
  static void begin() {
    reference = ScriptedGuest.reference();
    threads = Executors.newCachedThreadPool();
    chain = threads.submit(MigrateAtEverySafepointTest::chain);
    singles = threads.submit(MigrateAtEverySafepointTest::singles);
  }

  @AfterAll
  static void end() {
    threads.shutdownNow();
  }

  @Test
  void guestDoesAllThatIsToBeMoved() {
    System.out.printf(
        "reference guest: %d polls, %d resume points%n",
        reference.hashes().size(), reference.points().size());
    assertThat(reference.console())
        .contains("mix: done")
        .contains("churn: done")
        .contains("lost=0")
        .contains("reboot: Power down");
    assertThat(reference.leastActual())
        .isEqualTo(Script.FULL.inflatedTo())
        .isLessThan(Script.FULL.memory());
    assertThat(reference.lastActual()).isEqualTo(Script.FULL.memory());
    assertThat(reference.hashes()).hasSizeGreaterThanOrEqualTo(SINGLE_MOVES);
  }

  @Test
  void chainOfMovesAtEveryPollEqualsTheGuestThatStayed() throws Exception {
    System.out.println(result(chain));
  }

  @Test
  void singleMovesRunToTheSameEnd() throws Exception {
    System.out.println(result(singles));
  }

  private static String result(Future<String> work) throws Exception {
    try {
      return work.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AssertionError failure) {
        throw failure;
      }
      throw e;
    }
  }

  /** One guest, in a fresh machine after each poll. */
  private static String chain() {
    ScriptedGuest guest = ScriptedGuest.boot();
    int moves = 0;
    try {
      for (long poll = 1; guest.runTo(poll); poll++) {
        String expected = reference.hash(poll);
        assertThat(guest.hash()).as("before the move at poll %d", poll).isEqualTo(expected);
        ScriptedGuest moved = guest.move();
        guest.close();
        guest = moved;
        assertThat(guest.hash()).as("after the move at poll %d", poll).isEqualTo(expected);
        moves++;
      }
      assertThat(moves).isEqualTo(reference.hashes().size());
      guest.assertEndedAs(reference, "chain");
    } finally {
      guest.close();
    }
    return "chain: " + moves + " moves, one at each poll, " + moves + " of " + moves + " equal";
  }

  /** One guest that stays, and a copy of it by a move at each chosen poll. */
  private static String singles() throws Exception {
    List<Long> chosen = choose();
    Semaphore running = new Semaphore(3);
    List<Future<Boolean>> ends = new ArrayList<>();
    try (ScriptedGuest guest = ScriptedGuest.boot()) {
      for (long poll : chosen) {
        guest.runTo(poll);
        ScriptedGuest moved = guest.move();
        guest.stay();
        running.acquire();
        ends.add(
            threads.submit(
                () -> {
                  try (moved) {
                    moved.runTo(Long.MAX_VALUE);
                    moved.assertEndedAs(reference, "moved at poll " + poll);
                    return true;
                  } finally {
                    running.release();
                  }
                }));
      }
    }
    for (Future<Boolean> end : ends) {
      assertThat(end.get()).isTrue();
    }
    TreeSet<String> covered = new TreeSet<>();
    chosen.forEach(poll -> covered.addAll(reference.stacks().get((int) (poll - 1))));
    assertThat(covered).containsAll(reference.points());
    return "single moves: "
        + covered.size()
        + " of "
        + reference.points().size()
        + " resume points, "
        + ends.size()
        + " of "
        + ends.size()
        + " equal";
  }

  /** Polls for single moves: each executed resume point at least once, then evenly over them. */
  private static List<Long> choose() {
    Map<String, List<Long>> strata = new LinkedHashMap<>();
    for (int i = 0; i < reference.stacks().size(); i++) {
      for (String point : reference.stacks().get(i)) {
        strata.computeIfAbsent(point, p -> new ArrayList<>()).add(i + 1L);
      }
    }
    Random random = new Random(SEED);
    strata.values().forEach(polls -> Collections.shuffle(polls, random));
    TreeSet<Long> chosen = new TreeSet<>();
    for (int round = 0; chosen.size() < SINGLE_MOVES; round++) {
      for (List<Long> polls : strata.values()) {
        if (round < polls.size() && (round == 0 || chosen.size() < SINGLE_MOVES)) {
          chosen.add(polls.get(round));
        }
      }
    }
    return List.copyOf(chosen);
  }
}
