package aerostat.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.image.Flavour;
import org.junit.jupiter.api.Test;

/**
 * A whole guest goes before its pages again and again (boot, inflate, deflate, churn): it runs for
 * a while on pages that come as they are touched, then the rest comes and it changes to its own
 * form at a safepoint. Nothing differs from the guest that stayed, but for what discards would have
 * done.
 */
final class PostcopyMoveTest {
  private static final int EACH = 61;
  private static final int AHEAD = 17;

  @Test
  void chainOfPostcopiesRunsAsTheGuestThatStayed() {
    ScriptedGuest.Reference reference = ScriptedGuest.reference();
    ScriptedGuest guest = ScriptedGuest.boot();
    int moves = 0;
    long touched = 0;
    long pages = 0;
    try {
      for (long poll = EACH; guest.runTo(poll); poll += EACH) {
        ScriptedGuest.Lazy lazy = guest.moveBeforeItsPages();
        ScriptedGuest before = guest;
        guest = lazy.guest();
        assertThat(guest.machine().flavour()).isEqualTo(Flavour.SANITIZING);
        guest.runTo(poll + AHEAD);
        touched += before.machine().memory().pages() - lazy.missing().left();
        pages += before.machine().memory().pages();
        lazy.rest();
        before.close();
        assertThat(guest.machine().flavour()).isEqualTo(Flavour.PLAIN);
        moves++;
      }
      assertThat(guest.console()).isEqualTo(reference.console());
      assertThat(guest.machine().state()).isEqualTo(RunState.SHUTDOWN);
      assertThat(guest.machine().polls()).isEqualTo(reference.finalPoll());
    } finally {
      guest.close();
    }
    System.out.printf(
        "postcopy: %d switches; %d of %d pages had been touched before the rest came%n",
        moves, touched, pages);
    assertThat(moves).isGreaterThan(50);
    assertThat(touched).isLessThan(pages);
  }
}
