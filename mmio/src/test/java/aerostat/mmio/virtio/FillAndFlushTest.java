package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import aerostat.mmio.mock.MockDevice;
import aerostat.mmio.mock.MockPackedRing;
import aerostat.mmio.mock.MockRing;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Elements that come back together, and the dirty marks of what they change. */
class FillAndFlushTest {
  private final MockRig rig =
      new MockRig(new MockDevice(42, 0, new byte[8], 8).transport(Virtio.TRANSPORT_OPTIONS), false);

  @BeforeEach
  void keep() {
    rig.device.script(0, element -> new MockDevice.Reply.Hold());
    rig.lock.lock();
  }

  @AfterEach
  void close() {
    rig.lock.unlock();
    rig.close();
  }

  private Virtqueue queue() {
    return rig.device.port().queue(0);
  }

  private void forget() {
    rig.memory.harvest(new PageBitmap(rig.memory.pages()));
  }

  private boolean dirty(long gpa) {
    PageBitmap found = new PageBitmap(rig.memory.pages());
    rig.memory.harvest(found);
    return found.get((gpa - GuestMemory.RAM_BASE) >>> GuestMemory.PAGE_SHIFT);
  }

  @Test
  void aSplitRingsIndexMovesOnceAndTheDriverIsToldOnce() {
    MockRing ring = rig.start(0, 0, 8);
    int first = ring.send(rig.driver.in(8));
    int second = ring.send(rig.driver.in(8));
    long raised = rig.transport.interruptsRaised();

    queue().fill(second, 3);
    queue().fill(first, 4);
    assertThat(ring.usedIndex()).isZero();
    assertThat(rig.transport.interruptsRaised()).isEqualTo(raised);
    queue().flush();
    queue().flush();

    assertThat(ring.poll()).isEqualTo(new MockRing.Used(second, 3));
    assertThat(ring.poll()).isEqualTo(new MockRing.Used(first, 4));
    assertThat(ring.poll()).isNull();
    assertThat(queue().inFlight()).isZero();
    assertThat(rig.transport.interruptsRaised()).isEqualTo(raised + 1);
    assertThat(rig.trace.lines("virtio0 push"))
        .containsExactly(
            "virtio0 push queue=0 head=" + second + " len=3 notify=0",
            "virtio0 push queue=0 head=" + first + " len=4 notify=1");
    assertThatThrownBy(() -> queue().fill(first, 0)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void theEventIndexMayLieAnywhereInWhatIsFlushed() {
    MockRing ring = rig.start(Virtio.F_EVENT_IDX, 0, 8);
    ring.usedEvent(1);
    int[] heads = new int[3];
    for (int i = 0; i < heads.length; i++) {
      heads[i] = ring.send(rig.driver.in(8));
    }
    for (int head : heads) {
      queue().fill(head, 0);
    }
    queue().flush();
    assertThat(rig.lineHigh()).isTrue();
  }

  @Test
  void aPackedRingsDriverIsToldOnce() {
    rig.driver.negotiate(Virtio.F_RING_PACKED | Virtio.F_EVENT_IDX);
    MockPackedRing ring = rig.driver.setUpPackedQueue(0, 3);
    rig.driver.ready();
    for (int round = 0; round < 4; round++) {
      int first = ring.send(rig.driver.in(8), rig.driver.in(8));
      int second = ring.send(rig.driver.in(8));
      long raised = rig.transport.interruptsRaised();
      queue().fill(head(first, 2), 5);
      queue().fill(head(second, 1), 6);
      assertThat(rig.transport.interruptsRaised()).isEqualTo(raised);
      queue().flush();
      assertThat(rig.transport.interruptsRaised()).isEqualTo(raised + 1);
      assertThat(ring.poll()).isEqualTo(new MockRing.Used(first, 5));
      assertThat(ring.poll()).isEqualTo(new MockRing.Used(second, 6));
      rig.driver.acknowledge();
    }
  }

  private static int head(int id, int slots) {
    return id | (slots - 1) << 16;
  }

  @Test
  void whatADeviceReturnsIsDirtyAtTheNextHarvestAndOnlyThen() {
    MockRing ring = rig.start(0, 0, 8);
    int head = ring.send(rig.driver.in(8));
    forget();
    queue().push(head, 0);
    assertThat(rig.memory.dirtyLog().isClean()).isFalse();
    assertThat(dirty(ring.deviceArea())).isTrue();
    assertThat(dirty(ring.deviceArea())).isFalse();
  }

  @Test
  void anEntryAndTheIndexAreEachDirty() {
    MockRing ring = rig.start(0, 0, 8);
    int head = ring.send(rig.driver.in(8));
    forget();
    queue().fill(head, 0);
    assertThat(dirty(ring.deviceArea())).as("the entry").isTrue();
    queue().flush();
    assertThat(dirty(ring.deviceArea())).as("the index").isTrue();
  }

  @Test
  void aPackedRingsSlotsAreDirtyToo() {
    rig.driver.negotiate(Virtio.F_RING_PACKED);
    MockPackedRing ring = rig.driver.setUpPackedQueue(0, 8);
    rig.driver.ready();
    int id = ring.send(rig.driver.in(8));
    forget();
    queue().fill(head(id, 1), 0);
    assertThat(dirty(ring.descriptorArea())).isTrue();
    queue().flush();
    assertThat(dirty(ring.descriptorArea())).isFalse();
  }
}
