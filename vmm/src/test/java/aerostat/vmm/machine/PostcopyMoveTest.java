package aerostat.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.image.Flavour;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A whole guest goes before its pages (boot, inflate, deflate, churn, timers, kthreads): it runs on
 * pages that come as they are touched, then the rest comes. Nothing differs from the guest that
 * stayed: every byte of RAM, register and device state, the console and the trace. Discards, which
 * are inhibited while pages are missing (DEV-03), are so in both guests all the time.
 */
final class PostcopyMoveTest {
  private static final Script SCRIPT = Script.SHORT.withoutDiscards();
  private static final int EACH = 17;
  private static final int AHEAD = 11;

  private static ScriptedGuest.Reference reference;

  @BeforeAll
  static void runOnce() {
    reference = ScriptedGuest.reference(SCRIPT);
    assertThat(reference.console()).contains("mix: done", "churn: done", "lost=0");
    assertThat(reference.leastActual()).isEqualTo(SCRIPT.inflatedTo());
    assertThat(reference.lastActual()).isEqualTo(SCRIPT.memory());
  }

  /** One guest, in a fresh machine after each poll, which it reaches before the rest has come. */
  @Test
  void switchAtEveryPollEqualsTheGuestThatStayed() {
    ScriptedGuest guest = ScriptedGuest.boot(SCRIPT);
    int switches = 0;
    try {
      boolean runs = guest.runTo(1);
      for (long poll = 1; runs; poll++) {
        assertThat(guest.hash()).as("at poll %d", poll).isEqualTo(reference.hash(poll));
        ScriptedGuest before = guest;
        ScriptedGuest.Lazy lazy = before.moveBeforeItsPages();
        guest = lazy.guest();
        runs = guest.runTo(poll + 1);
        lazy.rest();
        before.close();
        switches++;
      }
      guest.assertEndedAs(reference, "switch at every poll");
    } finally {
      guest.close();
    }
    System.out.printf(
        "postcopy: a switch at each poll, %d of %d equal%n", switches, reference.hashes().size());
    assertThat(switches).isEqualTo(reference.hashes().size());
  }

  /** Some way on missing pages, then some in the guest's own form. */
  @Test
  void chainOfPostcopiesRunsAsTheGuestThatStayed() {
    ScriptedGuest guest = ScriptedGuest.boot(SCRIPT);
    int moves = 0;
    long came = 0;
    long missing = 0;
    try {
      for (long poll = EACH; guest.runTo(poll); poll += EACH) {
        assertThat(guest.machine().flavour()).isEqualTo(Flavour.PLAIN);
        ScriptedGuest before = guest;
        ScriptedGuest.Lazy lazy = before.moveBeforeItsPages();
        guest = lazy.guest();
        assertThat(guest.machine().flavour()).isEqualTo(Flavour.SANITIZING);
        long left = lazy.left();
        boolean runs = guest.runTo(poll + AHEAD);
        came += left - lazy.left();
        missing += left;
        lazy.rest();
        before.close();
        moves++;
        if (runs) {
          assertThat(guest.hash()).as("poll %d", poll).isEqualTo(reference.hash(poll + AHEAD));
        }
      }
      guest.assertEndedAs(reference, "chain of postcopies");
    } finally {
      guest.close();
    }
    System.out.printf(
        "postcopy: %d switches; %d of %d pages were touched before the rest came%n",
        moves, came, missing);
    assertThat(moves).isGreaterThan(50);
    assertThat(came).isPositive().isLessThan(missing);
  }
}
