package aerostat.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.bareguest.BusyGuest;
import aerostat.bareguest.DeepGuest;
import aerostat.bareguest.LongLoopGuest;
import aerostat.bareguest.SwitchGuest;
import aerostat.vmm.cpu.GuestStack;
import aerostat.vmm.image.Hostile;
import aerostat.vmm.image.HostileKind;
import aerostat.vmm.image.ResumeTable;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Guests made to escape the machine's control: each is paused, or ends, and the VMM goes on. */
final class HostileGuestTest {
  private static final long PATIENCE_SECONDS = 60;

  private static Machine machine(Class<?> guest) {
    return Machine.builder().memory(4 << 20).image(TestGuests.image(guest)).build();
  }

  /** On another thread: a pause that never comes fails the test instead of hanging it. */
  private static void pause(Machine machine) throws Exception {
    CompletableFuture.runAsync(() -> machine.pause(RunState.PAUSED))
        .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(machine.state()).isEqualTo(RunState.PAUSED);
  }

  /** Nothing is closed on failure: that would wait for the vCPU as well. */
  private static void pausesAndGoesOn(Class<?> guest, long counter) throws Exception {
    Machine machine = machine(guest);
    machine.start();
    long before = machine.memory().load64(counter);
    while (machine.memory().load64(counter) == before) {
      Thread.onSpinWait();
    }
    pause(machine);
    long stopped = machine.memory().load64(counter);
    machine.resume();
    while (machine.memory().load64(counter) == stopped) {
      Thread.onSpinWait();
    }
    pause(machine);
    machine.close();
  }

  @Hostile(value = HostileKind.LOOPS, ends = "stopped at a poll")
  @Test
  void threadsThatOnlySwitchArePaused() throws Exception {
    pausesAndGoesOn(SwitchGuest.class, SwitchGuest.SWITCHES);
  }

  @Hostile(value = HostileKind.LOOPS, ends = "stopped at a poll")
  @Test
  void aLoopOverMoreThanALongCanTellIsPaused() throws Exception {
    pausesAndGoesOn(LongLoopGuest.class, LongLoopGuest.COUNTER);
  }

  /** Two thousand polls may pass before the slow path: much work must not lie between any two. */
  @Hostile(value = HostileKind.LOOPS, ends = "stopped at a poll")
  @Test
  void workHiddenBetweenPollsIsPaused() throws Exception {
    pausesAndGoesOn(BusyGuest.class, BusyGuest.COUNTER);
  }

  @Hostile(value = HostileKind.LOOPS, ends = "stopped at a poll")
  @Test
  void threadsThatOnlySwitchPassVirtualTime() {
    try (Machine machine =
        Machine.builder()
            .memory(4 << 20)
            .image(TestGuests.image(SwitchGuest.class))
            .deterministic(1)
            .build()) {
      assertThat(machine.runUntilPoll(1000)).isEqualTo(1000);
      assertThat(machine.memory().load64(SwitchGuest.SWITCHES)).isBetween(990L, 1000L);
    }
  }

  /** The guest's stack ends the recursion, never the host's. */
  @Hostile(value = HostileKind.RECURSION, ends = "guest panics")
  @Test
  void recursionOnTheLargestStackIsBoundedByTheGuestsStack() throws Exception {
    assertThat(DeepGuest.STACK_SIZE).isEqualTo(GuestStack.MAX_SIZE);
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    try (Machine machine =
        Machine.builder()
            .memory(4 << 20)
            .image(TestGuests.image(DeepGuest.class))
            .console(console)
            .build()) {
      machine.start();
      assertThat(machine.awaitEnd(Duration.ofSeconds(PATIENCE_SECONDS))).isTrue();
      assertThat(console.toString(StandardCharsets.ISO_8859_1)).contains("Kernel stack overflow");
      ResumeTable table = machine.resumeTable();
      int each =
          table.methods().stream()
              .filter(m -> m.name().equals("deeper"))
              .findFirst()
              .orElseThrow()
              .recursionBytes();
      assertThat(machine.memory().load64(DeepGuest.DEPTH))
          .isEqualTo(table.initialDepth(DeepGuest.STACK_SIZE) / each);
    }
  }
}
