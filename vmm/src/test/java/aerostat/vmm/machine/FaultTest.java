package aerostat.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.bareguest.FaultGuest;
import aerostat.vmm.image.Flavour;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever a guest does wrong ends it with a backtrace, and only it. */
final class FaultTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1 | Unable to handle guest access at address 0x40800000 (load of 8 bytes) | load",
        "2 | Unable to handle null pointer dereference at address 0x0 (load of 8 bytes) | load",
        "3 | Unable to handle guest access at address 0x40000000 (store of 1 byte) | fault",
        "4 | divide error | fault",
        "5 | Kernel stack overflow | recurse",
        "6 | Kernel panic - not syncing: BUG at test | fault",
        "7 | Bad stack context at 0x40101000: base 0x0, size 0x0, used 0x0 | fault",
        "8 | no device | fault",
        "9 | Block operation of 65537 bytes, at most 65536 | fault",
        "10 | Unable to handle guest access at address 0x40100004 (compare and swap | fault",
        "11 | Bounded loop exceeded in aerostat.bareguest.FaultGuest.bounded | bounded",
        "12 | Kernel panic - not syncing: thread returned | ",
        "13 | Unable to handle guest access at address 0xfffffffffffffff8 (load of 8 bytes) | load",
        "14 | copy from 0x40100000, store of 16 bytes | fault",
        "15 | Unable to handle guest access at address 0x40000000 (fill of 4096 bytes) | fault",
        "16 | Unable to handle guest access at address 0x407ffffc (store of 8 bytes) | fault",
        "17 | Kernel panic - not syncing: two\\x0alines, \\x1b[31m red, \\\\ \\x9b | fault"
      })
  void faultEndsTheGuestWithBacktrace(int which, String reason, String function) throws Exception {
    for (Flavour flavour : Flavour.values()) {
      ByteArrayOutputStream console = new ByteArrayOutputStream();
      CompletableFuture<String> event = new CompletableFuture<>();
      try (Machine machine =
          Machine.builder()
              .memory(8 << 20)
              .image(TestGuests.image(FaultGuest.class))
              .append("fault=" + which)
              .console(console)
              .flavour(flavour)
              .build()) {
        machine.onEvent(
            e -> {
              if (e.name().equals("GUEST_PANICKED")) {
                event.complete(e.detail());
              }
            });
        machine.start();
        assertThat(machine.awaitEnd(Duration.ofSeconds(20))).isTrue();
        String text = console.toString(StandardCharsets.ISO_8859_1);
        assertThat(machine.state()).as(text).isEqualTo(RunState.GUEST_PANICKED);
        assertThat(text).startsWith("s").contains(reason).contains("Call Trace:");
        assertThat(event.get(10, TimeUnit.SECONDS)).contains(reason).contains("Call Trace:");
        if (function != null && which != 7) {
          assertThat(text).contains("FaultGuest." + function + "(FaultGuest.java:");
        }
        if (which != 5 && which != 7 && which != 12) {
          assertThat(text).contains("FaultGuest.start(FaultGuest.java:15)");
        }
        assertThat(machine.ramHash(true)).hasSize(16);
      }
    }
  }

  @Test
  void withoutFaultTheGuestEndsWell() throws Exception {
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    try (Machine machine =
        Machine.builder()
            .memory(8 << 20)
            .image(TestGuests.image(FaultGuest.class))
            .append("fault=0")
            .console(console)
            .build()) {
      machine.start();
      assertThat(machine.awaitEnd(Duration.ofSeconds(20))).isTrue();
      assertThat(console.toString(StandardCharsets.ISO_8859_1)).isEqualTo("s?");
      assertThat(machine.state()).isEqualTo(RunState.SHUTDOWN);
    }
  }
}
