package aerostat.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.bareguest.CounterGuest;
import aerostat.mmio.memory.PageOwners;
import aerostat.vmm.image.Flavour;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The sanitizing flavour names who touches a page that the guest gave away. */
final class SanitizerTest {
  private static Machine counter(boolean fault, ByteArrayOutputStream console) {
    return Machine.builder()
        .memory(4 << 20)
        .image(TestGuests.image(CounterGuest.class))
        .deterministic(1)
        .flavour(Flavour.SANITIZING)
        .faultOnViolation(fault)
        .console(console)
        .build();
  }

  @Test
  void accessToABalloonedPageIsCountedAndNamed() {
    try (Machine machine = counter(false, new ByteArrayOutputStream())) {
      machine.runUntilPoll(5);
      assertThat(machine.sanitizer().violations()).isZero();
      machine.memory().owners().set(CounterGuest.COUNTER, 4096, PageOwners.BALLOON);
      machine.runUntilPoll(6);
      assertThat(machine.sanitizer().violations()).isPositive();
      assertThat(machine.sanitizer().reports().getFirst())
          .contains("is in the balloon")
          .contains("CounterGuest.start(CounterGuest.java:14)");
      machine.setFlavour(Flavour.PLAIN);
      long before = machine.sanitizer().violations();
      machine.runUntilPoll(8);
      assertThat(machine.sanitizer().violations()).isEqualTo(before);
      assertThat(machine.state()).isEqualTo(RunState.PAUSED);
    }
  }

  @Test
  void accessToABalloonedPageEndsTheGuestWhereAsked() {
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    try (Machine machine = counter(true, console)) {
      machine.memory().owners().set(CounterGuest.COUNTER, 4096, PageOwners.BALLOON);
      machine.runUntilPoll(6);
      assertThat(machine.state()).isEqualTo(RunState.GUEST_PANICKED);
      assertThat(console.toString(StandardCharsets.ISO_8859_1))
          .contains("Sanitizer: load of 8 bytes at 0x40100000")
          .contains("CounterGuest.start(CounterGuest.java:14)");
    }
  }

  @Test
  void wholeKernelUnderSanitizerGivesTheSameRun() {
    try (ScriptedGuest guest = ScriptedGuest.boot(Flavour.SANITIZING)) {
      guest.runTo(Long.MAX_VALUE);
      assertThat(guest.machine().sanitizer().reports()).isEmpty();
      try (ScriptedGuest plain = ScriptedGuest.boot(Flavour.PLAIN)) {
        plain.runTo(Long.MAX_VALUE);
        assertThat(guest.console()).isEqualTo(plain.console()).contains("mix: done");
        assertThat(guest.trace()).isEqualTo(plain.trace());
        assertThat(guest.hash()).isEqualTo(plain.hash());
      }
    }
  }

  @Test
  void wholeKernelWithTheFlavourChangedAtEverySafepointGivesTheSameRun() {
    try (ScriptedGuest guest = ScriptedGuest.boot(Flavour.PLAIN);
        ScriptedGuest plain = ScriptedGuest.boot(Flavour.PLAIN)) {
      for (long poll = 1; guest.runTo(poll); poll++) {
        guest.machine().setFlavour(poll % 2 == 0 ? Flavour.PLAIN : Flavour.SANITIZING);
      }
      plain.runTo(Long.MAX_VALUE);
      assertThat(guest.console()).isEqualTo(plain.console());
      assertThat(guest.hash()).isEqualTo(plain.hash());
      assertThat(guest.machine().sanitizer().reports()).isEmpty();
    }
  }
}
