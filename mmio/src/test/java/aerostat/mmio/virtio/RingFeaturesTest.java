package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.mock.MockDevice;
import aerostat.mmio.mock.MockPackedRing;
import aerostat.mmio.mock.MockRing;
import java.util.ArrayDeque;
import java.util.Queue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** RING_RESET, NOTIFICATION_DATA and IN_ORDER with packed rings, device side. */
class RingFeaturesTest {
  private static final long ALL = Virtio.TRANSPORT_OPTIONS;

  private final MockRig rig =
      new MockRig(
          new MockDevice(42, 0, new byte[8], 8, 0, 256).transport(Virtio.TRANSPORT_OPTIONS), false);

  @AfterEach
  void close() {
    rig.close();
  }

  private MockPackedRing start(long features, int queue, int size) {
    rig.driver.negotiate(features | Virtio.F_RING_PACKED);
    MockPackedRing ring = rig.driver.setUpPackedQueue(queue, size);
    rig.driver.ready();
    return ring;
  }

  private MockRing.Part number(int n) {
    return rig.driver.out32(n);
  }

  @Test
  @DisplayName("MMIO-11, MMIO-DEV-09 to MMIO-DEV-13, BASE-DEV-14 to BASE-DEV-17: a queue reset")
  void queueReset() {
    MockPackedRing ring = start(ALL, 0, 8);
    ring.send(number(1));
    rig.driver.acknowledge();
    ring.add(number(2));
    rig.driver.write(MmioRegisters.QUEUE_SEL, 0);
    rig.driver.write(MmioRegisters.QUEUE_RESET, 1);
    assertThat(rig.driver.read(MmioRegisters.QUEUE_RESET)).isZero();
    assertThat(rig.driver.read(MmioRegisters.QUEUE_READY)).isZero();
    ring.kick();
    assertThat(rig.device.elements()).as("no request of a queue that was reset").hasSize(1);
    assertThat(rig.driver.interruptStatus()).isZero();
    MockPackedRing smaller = rig.driver.setUpPackedQueue(0, 3);
    assertThat(rig.driver.read(MmioRegisters.QUEUE_RESET)).isZero();
    int id = smaller.send(number(3));
    assertThat(smaller.poll()).isEqualTo(new MockRing.Used(id, 0));
    assertThat(rig.transport.queue(0).size()).isEqualTo(3);
    rig.driver.reset();
    assertThat(rig.driver.read(MmioRegisters.QUEUE_RESET)).as("MMIO-DEV-09").isZero();
  }

  @Test
  @DisplayName("QueueReset without the feature is a wrong access")
  void queueResetNotNegotiated() {
    start(0, 0, 8);
    rig.driver.write(MmioRegisters.QUEUE_SEL, 0);
    rig.driver.write(MmioRegisters.QUEUE_RESET, 1);
    assertThat(rig.driver.read(MmioRegisters.QUEUE_READY)).isEqualTo(1);
    assertThat(rig.transport.wrongAccesses()).isEqualTo(1);
  }

  @Test
  @DisplayName(
      "MMIO-TXT-08, BASE-TXT-12: the upper half of a notification is a position, the lower the"
          + " queue")
  void notificationData() {
    MockPackedRing ring = start(ALL, 2, 5);
    for (int i = 0; i < 12; i++) {
      int id = ring.send(number(i));
      assertThat(ring.poll()).isEqualTo(new MockRing.Used(id, 0));
    }
    assertThat(rig.transport.notifications()).isEqualTo(12);
  }

  @Test
  @DisplayName("FEAT-DEV-05: with IN_ORDER elements are used in the order in which they came")
  void inOrder() {
    MockPackedRing ring = start(ALL, 2, 64);
    Queue<Integer> sent = new ArrayDeque<>();
    rig.device.stall(true);
    for (int i = 0; i < 20; i++) {
      sent.add(ring.send(number(i), number(i)));
    }
    rig.device.stall(false);
    while (!sent.isEmpty()) {
      assertThat(ring.poll()).isEqualTo(new MockRing.Used(sent.remove(), 0));
    }
  }
}
