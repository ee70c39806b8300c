package aerostat.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.PageOwners;
import aerostat.vmm.migration.SteppedMigration;
import aerostat.vmm.migration.SteppedMigration.Ending;
import aerostat.vmm.migration.postcopy.MissingPages;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;

/**
 * A guest that migrates with hints again and again, and the guest that is asked for the same hints
 * at the same polls but stays each time. Hinted pages, whose bytes mean nothing, have the same
 * bytes in both after each migration: so nothing may ever differ.
 *
 * <p>The guest goes at every {@link #PERIOD}th poll: as many chains as a period has polls go at
 * every poll. Each migration begins at some poll since the last, so that a guest goes before the
 * first hint, between hints, and after the last; some have a second round.
 *
 * @param origin has booted, and stays where it is: both are copies of it
 * @param script what they do from there on
 * @param first the poll at which the guest goes first, at least two from where it begins
 * @param ending how it goes; without a fill the hinted pages have junk in them
 */
record HintedChain(ScriptedGuest origin, Script script, long first, Ending ending) {
  /** Polls from one switch to the next: time for a round of hints, and some more. */
  static final int PERIOD = 32;

  /** A guest that is busy takes about so long to begin with its hints. */
  private static final int SHORTEST = 12;

  private static final int LEAST_OF_TWO_ROUNDS = 16;
  private static final byte JUNK = 0x5a;

  /** Polls of a migration: 0 for what it has not. */
  private record Plan(long begin, long sent, long again, long end) {
    static Plan between(long last, long end) {
      Random random = new Random(end);
      long begin = Math.max(last + 1, end - random.nextInt(SHORTEST, PERIOD));
      long left = end - begin;
      return left < LEAST_OF_TWO_ROUNDS || random.nextBoolean()
          ? new Plan(begin, 0, 0, end)
          : new Plan(begin, begin + left / 4, begin + left / 3, end);
    }

    Plan next() {
      return between(end, end + PERIOD);
    }
  }

  /** What the guest is each time before it goes, and at its end. */
  record Stayed(List<String> hashes, String console, List<String> trace) {
    /** How often it did not go. */
    int switches() {
      return hashes.size() - 1;
    }
  }

  /** The guest that stays. Nothing of it is sent: in a postcopy all that is left comes later. */
  Stayed stays() {
    List<String> hashes = new ArrayList<>();
    try (ScriptedGuest guest = origin.copy(script)) {
      Plan plan = firstPlan();
      SteppedMigration migration = begun(guest, plan, Ending.POSTCOPY, error -> false);
      while (guest.runTo(plan.end)) {
        hashes.add(all(guest));
        finish(plan, migration);
        guest.stay();
        LazyPages.fillHinted(guest.machine().memory(), fill());
        plan = plan.next();
        migration = begun(guest, plan, Ending.POSTCOPY, error -> false);
      }
      hashes.add(all(guest));
      assertThat(guest.console())
          .contains("mix: done", "churn: done", "lost=0", "Power down")
          .doesNotContain("corruption", "LOST", "panic");
      return new Stayed(hashes, guest.console(), guest.trace());
    }
  }

  /**
   * The guest that goes.
   *
   * @throws AssertionError if it is not what the other is
   */
  SwitchCounts moves(Stayed stayed, Predicate<Sabotage> planned) {
    SwitchCounts counts = new SwitchCounts();
    ScriptedGuest guest = origin.copy(script);
    try {
      Plan plan = firstPlan();
      SteppedMigration migration = begun(guest, plan, ending, planned);
      while (guest.runTo(plan.end)) {
        compare(guest, stayed, counts.switches());
        count(guest.machine(), plan, counts);
        finish(plan, migration);
        ScriptedGuest before = guest;
        guest = before.handOver(migration);
        counts.came(guest.machine().memory().owners().counts()[PageOwners.HINTED]);
        plan = plan.next();
        MissingPages missing = migration.missing();
        if (missing != null) {
          ScriptedGuest.Lazy lazy = guest.on(before.machine(), missing);
          guest.runTo(plan.begin - 1);
          lazy.rest();
        } else if (ending == Ending.PRECOPY) {
          LazyPages.fillHinted(guest.machine().memory(), fill());
        }
        before.close();
        migration = begun(guest, plan, ending, planned);
      }
      compare(guest, stayed, counts.switches());
      assertThat(counts.switches()).as("%s", name()).isEqualTo(stayed.switches());
      assertThat(guest.console()).as("%s", name()).isEqualTo(stayed.console());
      compareTraces(guest.trace(), stayed.trace());
      return counts;
    } finally {
      guest.close();
    }
  }

  private Plan firstPlan() {
    return Plan.between(origin.machine().polls(), first);
  }

  private byte fill() {
    return ending == Ending.PRECOPY ? JUNK : 0;
  }

  private String name() {
    return ending + " from " + first;
  }

  /** Every byte of RAM, each page's owner, registers, devices, and how many polls it took. */
  private static String all(ScriptedGuest guest) {
    Machine machine = guest.machine();
    return guest.hash() + " " + machine.polls() + " " + machine.memory().owners().save();
  }

  private void compare(ScriptedGuest guest, Stayed stayed, int index) {
    assertThat(all(guest))
        .as("%s at poll %d", name(), guest.machine().polls())
        .isEqualTo(stayed.hashes().get(index));
  }

  /** They are long: only where they part is told. */
  private void compareTraces(List<String> trace, List<String> expected) {
    for (int i = 0; i < Math.min(trace.size(), expected.size()); i++) {
      assertThat(trace.get(i)).as("%s, line %d of the trace", name(), i).isEqualTo(expected.get(i));
    }
    assertThat(trace.size()).as("%s, lines of the trace", name()).isEqualTo(expected.size());
  }

  private static void count(Machine machine, Plan plan, SwitchCounts counts) {
    machine.lock().lock();
    try {
      counts.goes(machine.hintStatus(), plan.again > 0);
    } finally {
      machine.lock().unlock();
    }
  }

  /** A migration that goes its steps while the guest runs. */
  private static SteppedMigration begun(
      ScriptedGuest guest, Plan plan, Ending ending, Predicate<Sabotage> planned) {
    Machine machine = guest.machine();
    SteppedMigration migration = new SteppedMigration(machine, true, ending, planned);
    machine.at(
        plan.begin,
        () -> {
          migration.begin();
          migration.skipUntouched();
          migration.askForHints();
        });
    if (plan.again > 0) {
      machine.at(
          plan.sent,
          () -> {
            migration.hintsCame();
            migration.take(0, machine.memory().pages());
            migration.flush();
          });
      machine.at(
          plan.again,
          () -> {
            migration.stopHints();
            migration.sync();
            migration.askForHints();
          });
    }
    return migration;
  }

  private static void finish(Plan plan, SteppedMigration migration) {
    if (plan.again == 0) {
      migration.hintsCame();
    }
    migration.finishAll();
  }
}
