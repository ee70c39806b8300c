package aerostat.tools.fuzz.queue;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.tools.fuzz.Findings;
import aerostat.tools.fuzz.ring.WireEvents;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A few bytes put a field at a limit of a ring of eight, and all properties hold (DEV-32). */
class LimitEventsTest {
  private static final int LIMITS = 0xf0;

  @ParameterizedTest
  @CsvSource({
    "0, 0, head 0",
    "0, 1, head 7",
    "0, 2, head 8",
    "0, 3, head 9",
    "0, 5, head 65535",
    "1, 1, next 7",
    "1, 2, next 8",
    "2, 0, length 0x0",
    "2, 5, length 0xffffffff",
    "3, 2, index + 8",
    "3, 3, index + 9",
    "4, 0, used_event 65535",
    "5, 0, table that is its own entry"
  })
  void split(int field, int choice, String what) {
    assertThat(trace(false, field, choice)).contains("at a limit: queue 0 of 8 " + what);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 2, slot 8: id 0 flags 0x80",
    "1, 1, list of 7",
    "1, 2, list of 8",
    "2, 1, length 0x1",
    "4, 1, event 0x7 flags 0",
    "5, 1, table that is its own entry"
  })
  void packed(int field, int choice, String what) {
    assertThat(trace(true, field, choice)).contains("at a limit: queue 0 of 8 " + what);
  }

  private static List<String> trace(boolean packed, int field, int choice) {
    // Every feature, rings of 2^3; then the event for queue 0. For used_event: one before the
    // index.
    int last = field == 4 && !packed ? 1 : 0;
    try (RingTarget target = new RingTarget(packed)) {
      List<String> trace =
          Findings.trace(
              target, WireEvents.seed(WireEvents.INIT, 0xff, 3, 8, LIMITS, field, 0, choice, last));
      assertThat(trace).last().isEqualTo("every property holds");
      return trace;
    }
  }
}
