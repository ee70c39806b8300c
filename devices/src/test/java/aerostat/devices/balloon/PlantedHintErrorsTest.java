package aerostat.devices.balloon;

import static aerostat.devices.balloon.BalloonRig.FREE;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.mock.MockRing;
import aerostat.mmio.virtio.MmioRegisters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The errors that a test run can plant are errors indeed, or nobody could find them. */
class PlantedHintErrorsTest {
  private static final int HINTS = 3;

  private final BalloonRig rig = new BalloonRig();
  private final MockRing ring = rig.start(4)[HINTS];

  @AfterEach
  void close() {
    rig.close();
  }

  private FreePageHintSink planting(HintErrors errors) {
    return new FreePageHintSink() {
      @Override
      public void hint(long gpa, long length) {
        rig.hints.add(new BalloonRig.Hint(gpa, length));
      }

      @Override
      public HintErrors errors() {
        return errors;
      }
    };
  }

  private void begin(HintErrors errors) {
    rig.host().hintStart(planting(errors));
    ring.send(rig.driver.out32(rig.driver.config32(8)));
    assertThat(rig.balloon.hintStatus()).isEqualTo(HintStatus.START);
  }

  private boolean handle() {
    return rig.balloon.handle(HINTS, rig.transport.queue(HINTS));
  }

  @Test
  @DisplayName("HINT-14: a stale id starts the hints")
  void staleId() {
    rig.host().hintStart(planting(new HintErrors(true, false, false)));
    ring.send(rig.driver.out32(rig.driver.config32(8) - 1));
    assertThat(rig.balloon.hintStatus()).isEqualTo(HintStatus.START);
  }

  @Test
  @DisplayName("DEV-16: a hint that was begun reaches its sink after the stop, once")
  void lateHint() {
    begin(new HintErrors(false, true, false));
    rig.executor.park();
    ring.add(MockRing.in(FREE, 4096));
    assertThat(handle()).isTrue();
    assertThat(rig.hints).isEmpty();
    assertThat(ring.usedIndex()).isEqualTo(1);
    rig.host().hintStop();
    assertThat(handle()).isTrue();
    assertThat(rig.hints).containsExactly(new BalloonRig.Hint(FREE, 4096));
    assertThat(ring.usedIndex()).isEqualTo(2);
    assertThat(handle()).isFalse();
    assertThat(rig.counted(BalloonCounter.HINT_RANGES)).isEqualTo(1);
  }

  @Test
  @DisplayName("DEV-16: but not when its queue is gone")
  void lateHintOfAStoppedQueue() {
    begin(new HintErrors(false, true, false));
    rig.executor.park();
    ring.add(MockRing.in(FREE, 4096));
    assertThat(handle()).isTrue();
    rig.driver.write(MmioRegisters.QUEUE_SEL, HINTS);
    rig.driver.write(MmioRegisters.QUEUE_READY, 0);
    rig.driver.setUpQueue(HINTS, 8);
    assertThat(handle()).isFalse();
    assertThat(rig.hints).isEmpty();
  }

  @Test
  @DisplayName("DEV-16: nor when the device was reset")
  void lateHintOfAResetDevice() {
    begin(new HintErrors(false, true, false));
    rig.executor.park();
    ring.add(MockRing.in(FREE, 4096));
    assertThat(handle()).isTrue();
    rig.start(4);
    assertThat(handle()).isFalse();
    assertThat(rig.hints).isEmpty();
  }

  @Test
  @DisplayName("MIG-26: a hinted page loses its contents")
  void discard() {
    rig.memory.fill(FREE, 8192, (byte) 0x77);
    begin(new HintErrors(false, false, true));
    ring.send(MockRing.in(FREE, 4096));
    assertThat(rig.memory.isZero(FREE, 4096)).isTrue();
    assertThat(rig.memory.load8(FREE + 4096)).isEqualTo(0x77);
  }
}
