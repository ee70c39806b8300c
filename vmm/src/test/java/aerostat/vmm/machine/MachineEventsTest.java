package aerostat.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class MachineEventsTest {
  private final MachineEvents events = new MachineEvents();
  private final BlockingQueue<String> told = new LinkedBlockingQueue<>();

  MachineEventsTest() {
    events.listen(event -> told.add(event.name() + " " + event.detail()));
  }

  @Test
  void ofValuesThatChangeOftenTheLastIsTold() throws InterruptedException {
    events.hold(true);
    for (int i = 0; i <= 1000; i++) {
      events.emitLatest("BALLOON_CHANGE", Integer.toString(i));
    }
    events.emit("STOP", "");
    events.hold(false);
    assertThat(told.take()).isEqualTo("STOP ");
    assertThat(told.take()).isEqualTo("BALLOON_CHANGE 1000");
    events.emitLatest("BALLOON_CHANGE", "1001");
    events.emitLatest("BALLOON_CHANGE", "1002");
    String next = told.take();
    assertThat(next).isIn("BALLOON_CHANGE 1001", "BALLOON_CHANGE 1002");
    if (next.endsWith("1")) {
      assertThat(told.take()).isEqualTo("BALLOON_CHANGE 1002");
    }
    assertThat(told).isEmpty();
  }

  @Test
  void othersDoNotWaitBehindAValue() throws InterruptedException {
    for (int i = 0; i < 100; i++) {
      events.emitLatest("BALLOON_CHANGE", "1");
      events.emit("STOP", Integer.toString(i));
    }
    for (int i = 0; i < 100; ) {
      String next = told.take();
      if (!next.startsWith("BALLOON_CHANGE")) {
        assertThat(next).isEqualTo("STOP " + i++);
      }
    }
  }
}
