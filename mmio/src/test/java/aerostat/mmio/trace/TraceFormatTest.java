package aerostat.mmio.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TraceFormatTest {
  @Test
  void aLineReadsBack() {
    String line =
        TraceLine.of("virtio0", "push")
            .num("len", -1)
            .hex("gpa", 0x4000_0000L)
            .word("reason", "bad = 100%\n")
            .word("empty", "")
            .toString();
    assertThat(line)
        .isEqualTo(
            "virtio0 push len=18446744073709551615 gpa=0x40000000"
                + " reason=bad%0020%003d%0020100%0025%000a empty=%");
    TraceEvent event = TraceEvent.parse(line);
    assertThat(event.time()).isEqualTo(-1);
    assertThat(event.component()).isEqualTo("virtio0");
    assertThat(event.event()).isEqualTo("push");
    assertThat(event.number("len")).isEqualTo(-1);
    assertThat(event.number("gpa")).isEqualTo(0x4000_0000L);
    assertThat(event.values()).containsEntry("reason", "bad = 100%\n").containsEntry("empty", "");
  }

  @Test
  void aTimeMayStandBefore() {
    assertThat(TraceEvent.parse("@123 cpu irq line=1").time()).isEqualTo(123);
  }

  @Test
  void otherTextIsRefused() {
    for (String bad : new String[] {"", "one", "a b c", "a b =1", "a b c=%12", "@x a b"}) {
      assertThatThrownBy(() -> TraceEvent.parse(bad))
          .as(bad)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> TraceEvent.parse("a b c=1").number("d"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theRecorderKeepsTheNewest() {
    TraceRecorder recorder = new TraceRecorder(2);
    recorder.event("a 1");
    recorder.event("a 2");
    recorder.event("b 3");
    assertThat(recorder.lines()).containsExactly("a 2", "b 3");
    assertThat(recorder.lines("a 2")).containsExactly("a 2");
    assertThat(recorder.dropped()).isEqualTo(1);
  }
}
