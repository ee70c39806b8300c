package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.mock.MockDevice;
import aerostat.mmio.state.StateRefusedException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A queue that the driver took out of use with an element in the device's hands (MMIO-05). */
class StoppedQueueTest {
  private final MockRig rig = new MockRig();
  private final MockRig target = new MockRig();

  @AfterEach
  void close() {
    rig.close();
    target.close();
  }

  @BeforeEach
  void stop() {
    rig.device.script(0, element -> new MockDevice.Reply.Hold());
    rig.start(0, 0, 8).send(rig.driver.out32(1));
    assertThat(rig.transport.queue(0).inFlight()).isEqualTo(1);
    rig.driver.write(MmioRegisters.QUEUE_SEL, 0);
    rig.driver.write(MmioRegisters.QUEUE_READY, 0);
  }

  @Test
  @DisplayName("nothing of it is in flight, and the device can return nothing")
  void nothingIsInFlight() {
    assertThat(rig.transport.queue(0).inFlight()).isZero();
    assertThatThrownBy(() -> rig.device.release(0, 0, 0)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  @DisplayName("its state moves")
  void moves() {
    byte[] state = rig.flat.save();
    target.flat.restore(state);
    assertThat(target.flat.save()).isEqualTo(state);
  }

  @ParameterizedTest(name = "but not with a position of more than 16 bits in field {0}")
  @ValueSource(ints = {TransportState.QUEUE_LAST_AVAIL, TransportState.QUEUE_USED})
  void positionsAreChecked(int field) {
    byte[] state = rig.flat.save();
    MemorySegment.ofArray(state)
        .set(ValueLayout.JAVA_INT_UNALIGNED, 8 + 8 + TransportState.queue(0) + field, 0x10000);
    assertThatThrownBy(() -> target.flat.restore(state)).isInstanceOf(StateRefusedException.class);
  }
}
