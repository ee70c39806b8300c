package aerostat.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.devices.balloon.BalloonHost;
import aerostat.mmio.memory.PageOwners;
import aerostat.vmm.migration.InProcessMove;
import aerostat.vmm.migration.SteppedMigration;
import aerostat.vmm.migration.SteppedMigration.Ending;
import aerostat.vmm.migration.postcopy.MissingPages;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * One migration with hints, and the guest goes at each of its polls in turn: from before the first
 * hint to after the last. Registers, devices and all that is the guest's are then as they were in
 * the guest that has gone; it checks its own memory to its end, and what is free reads as junk.
 * After a postcopy's switch every other one runs for a while on pages that come as they are
 * touched, before a hash asks for all of them.
 */
final class HintedSwitchTest {
  private static final long MEMORY = 20 << 20;
  private static final int CALM = 200;
  private static final int BEYOND = 8;
  private static final int LONGEST = 1000;
  private static final int AHEAD = 17;

  @ParameterizedTest
  @EnumSource(names = {"FILL", "POSTCOPY"})
  void switchAtEveryPollOfAHintedMigration_losesNothing(Ending ending) {
    ByteArrayOutputStream before = new ByteArrayOutputStream();
    Round round;
    int hinted = 0;
    long most = 0;
    try (Machine origin =
        Machine.builder()
            .memory(MEMORY)
            .append("workload=mix,churn mix.rounds=1 churn.ops=100 churn.threads=2")
            .deterministic(5)
            .console(before)
            .build()) {
      origin.runUntilPoll(CALM);
      while (!asked(origin, BalloonHost::driverReady)) {
        origin.runUntilPoll(origin.polls() + CALM);
      }
      origin.runUntilPoll(origin.polls() + CALM);
      round = roundOf(origin);
      for (int after = round.first(); after <= round.last(); after++) {
        long pages = moveAfter(origin, after, ending);
        hinted += pages > 0 ? 1 : 0;
        most = Math.max(most, pages);
      }
    }
    System.out.printf(
        "%s: a switch at each of %d polls, %d of them with hinted pages, at most %d%n",
        ending, round.polls(), hinted, most);
    assertThat(hinted).isBetween(BEYOND, round.polls() - 1);
  }

  private static boolean asked(Machine machine, Predicate<BalloonHost> question) {
    assertThat(machine.state()).isEqualTo(RunState.PAUSED);
    machine.lock().lock();
    try {
      return question.test(machine.balloon());
    } finally {
      machine.lock().unlock();
    }
  }

  /** Polls after the question: some before the first hint, and some after the last. */
  private record Round(int first, int last) {
    int polls() {
      return last - first + 1;
    }
  }

  /** What a copy of the guest does when it is asked. */
  private static Round roundOf(Machine origin) {
    try (Machine guest = copy(origin, MachineHost.SILENT)) {
      SteppedMigration migration = begun(guest, Ending.PRECOPY);
      long begin = guest.polls();
      int first = 0;
      while (first == 0 || !asked(guest, BalloonHost::hintRoundOver)) {
        guest.runUntilPoll(guest.polls() + 1);
        assertThat(guest.polls() - begin).as("polls of a round").isLessThan(LONGEST);
        first = first == 0 && migration.hinted() > 0 ? (int) (guest.polls() - begin) : first;
      }
      int last = (int) (guest.polls() - begin);
      return new Round(Math.max(1, first - BEYOND), last + BEYOND);
    }
  }

  private static Machine copy(Machine origin, MachineHost host) {
    Machine guest = InProcessMove.move(origin, host);
    origin.setState(RunState.PAUSED);
    return guest;
  }

  /** A migration whose question goes out at the next poll. */
  private static SteppedMigration begun(Machine guest, Ending ending) {
    SteppedMigration migration = new SteppedMigration(guest, true, ending, error -> false);
    guest.at(
        guest.polls() + 1,
        () -> {
          migration.begin();
          migration.askForHints();
        });
    return migration;
  }

  /** A copy of the guest moves so many polls after it was asked; hinted pages on its new side. */
  private static long moveAfter(Machine origin, int polls, Ending ending) {
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    MachineHost host = MachineHost.SILENT.withConsole(console);
    try (Machine guest = copy(origin, host)) {
      SteppedMigration migration = begun(guest, ending);
      guest.runUntilPoll(guest.polls() + polls);
      assertThat(guest.state()).as(console::toString).isEqualTo(RunState.PAUSED);
      migration.finishAll();
      String hash = guest.ramHash(false);
      try (Machine moved = migration.handOver(host)) {
        long free = moved.memory().owners().counts()[PageOwners.HINTED];
        LazyPages.junkHinted(moved.memory());
        MissingPages missing = migration.missing();
        if (missing == null) {
          assertThat(moved.ramHash(false)).as("after %d polls", polls).isEqualTo(hash);
        } else {
          LazyPages lazy = new LazyPages(guest.memory(), moved.memory(), missing);
          lazy.junkMissing();
          moved.await(lazy);
          if (polls % 2 == 0) {
            assertThat(moved.ramHash(false)).as("after %d polls", polls).isEqualTo(hash);
          } else {
            moved.runUntilPoll(moved.polls() + AHEAD);
          }
          lazy.rest();
          moved.arrived();
        }
        moved.runUntilPoll(Long.MAX_VALUE);
        assertThat(console.toString(StandardCharsets.ISO_8859_1))
            .as("after %d polls", polls)
            .contains("mix: done", "churn: done", "lost=0", "Power down")
            .doesNotContain("corruption", "LOST", "panic");
        return free;
      }
    }
  }
}
