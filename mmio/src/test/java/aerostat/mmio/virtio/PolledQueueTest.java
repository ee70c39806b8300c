package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.bus.DeviceExecutor;
import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.bus.SteppedExecutor;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.mock.LockedWindow;
import aerostat.mmio.mock.MockDevice;
import aerostat.mmio.mock.MockDriver;
import aerostat.mmio.mock.MockPackedRing;
import aerostat.mmio.mock.MockRing;
import aerostat.mmio.state.FlatState;
import aerostat.mmio.state.StateRefusedException;
import aerostat.mmio.trace.Trace;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Step by step: what a device that looks by itself asks of the driver, and what it gives back. */
class PolledQueueTest {
  private final ReentrantLock lock = new ReentrantLock();
  private final GuestMemory memory = GuestMemory.anonymous(4 << 20);
  private final FlatState flat = new FlatState();
  private final SteppedExecutor executor = DeviceExecutor.stepped(lock, slot -> {});
  private final MockDevice device =
      new MockDevice(42, 0, new byte[8], 8).transport(Virtio.TRANSPORT_OPTIONS);
  private final VirtioMmioTransport transport =
      new VirtioMmioTransport(
          "virtio0", device, memory, new InterruptController(flat), 1, flat, executor, Trace.OFF);
  private final MockDriver driver =
      new MockDriver(new LockedWindow(transport, lock), memory, GuestMemory.RAM_BASE + (1 << 20));

  @AfterEach
  void close() {
    executor.close();
    memory.close();
  }

  private MockRing split(long features) {
    flat.seal();
    driver.negotiate(features);
    MockRing ring = driver.setUpQueue(0, 8);
    driver.ready();
    return ring;
  }

  private MockPackedRing packed(long features) {
    flat.seal();
    driver.negotiate(features | Virtio.F_RING_PACKED);
    MockPackedRing ring = driver.setUpPackedQueue(0, 8);
    driver.ready();
    return ring;
  }

  @Test
  void aSplitRingIsQuietWhileThereIsWork() {
    MockRing ring = split(0);
    executor.poll(0);
    assertThat(ring.usedFlags()).as("nothing to do, so nothing to suppress").isZero();
    ring.add(driver.in(4));
    ring.add(driver.in(4));
    assertThat(executor.poll(0)).isTrue();
    assertThat(ring.usedFlags()).isEqualTo(Virtio.USED_NO_NOTIFY);
    assertThat(executor.poll(0)).isTrue();
    assertThat(executor.poll(0)).isFalse();
    assertThat(ring.usedFlags()).isZero();
    assertThat(ring.usedIndex()).isEqualTo(2);
    ring.add(driver.in(4));
    assertThat(executor.poll(0)).isTrue();
    assertThat(ring.usedFlags()).as("quiet again").isEqualTo(Virtio.USED_NO_NOTIFY);
  }

  @Test
  void withTheEventIndexASplitRingAsksForTheNextEntryWhenItHasNothingMoreToDo() {
    MockRing ring = split(Virtio.F_EVENT_IDX);
    ring.add(driver.in(4));
    ring.add(driver.in(4));
    assertThat(executor.poll(0)).isTrue();
    assertThat(executor.poll(0)).isTrue();
    assertThat(ring.availEvent()).as("quiet: not moved").isZero();
    assertThat(executor.poll(0)).isFalse();
    assertThat(ring.availEvent()).isEqualTo(2);
    assertThat(ring.usedFlags()).as("no flags with the event index").isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, Virtio.F_EVENT_IDX})
  void aPackedRingIsQuietWhileThereIsWork(long features) {
    MockPackedRing ring = packed(features);
    executor.poll(0);
    assertThat(ring.deviceEventFlags()).as("nothing to do: not touched").isZero();
    ring.add(driver.in(4));
    ring.add(driver.in(4));
    assertThat(executor.poll(0)).isTrue();
    assertThat(ring.deviceEventFlags()).isEqualTo(Virtio.EVENT_DISABLE);
    assertThat(executor.poll(0)).isTrue();
    assertThat(executor.poll(0)).isFalse();
    assertThat(ring.deviceEventFlags())
        .isEqualTo(features == 0 ? Virtio.EVENT_ENABLE : Virtio.EVENT_DESC);
    assertThat(ring.poll()).isNotNull();
    assertThat(ring.poll()).isNotNull();
    ring.add(driver.in(4));
    assertThat(executor.poll(0)).isTrue();
    assertThat(ring.deviceEventFlags()).as("quiet again").isEqualTo(Virtio.EVENT_DISABLE);
  }

  @Test
  void aQueueThatWasStoppedWhileQuietAsksForNotificationsWhenItIsEnabledAgain() {
    MockRing ring = split(Virtio.F_EVENT_IDX);
    ring.add(driver.in(4));
    assertThat(executor.poll(0)).isTrue();
    driver.write(MmioRegisters.QUEUE_SEL, 0);
    driver.write(MmioRegisters.QUEUE_READY, 0);
    MockRing again = driver.setUpQueue(0, 8);
    again.add(driver.in(4));
    assertThat(executor.step(0)).isTrue();
    assertThat(again.availEvent()).isEqualTo(1);
  }

  @Test
  void anElementThatWasPutBackComesAgain() {
    MockPackedRing ring = packed(0);
    ring.add(driver.in(4), driver.in(4));
    lock.lock();
    try {
      Virtqueue queue = device.port().queue(0);
      DescriptorChain first = queue.pop();
      assertThat(first).isNotNull();
      int head = first.head();
      assertThat(queue.mayHold(head)).isTrue();
      assertThat(queue.mayHold(head | 8 << 16)).as("nine slots of eight").isFalse();
      assertThat(queue.mayHold(-1)).isFalse();
      queue.unpop(head);
      assertThatThrownBy(() -> queue.unpop(head)).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> queue.push(head, 0)).isInstanceOf(IllegalStateException.class);
      queue.flush();
      assertThat(ring.poll()).isNull();
      assertThat(queue.pop()).isNotNull();
      queue.push(head, 4);
      assertThat(ring.poll()).isEqualTo(new MockRing.Used(head & 0xffff, 4));
    } finally {
      lock.unlock();
    }
  }

  @Test
  void aSplitQueueHoldsOnlyItsOwnHeads() {
    MockRing ring = split(0);
    ring.add(driver.in(4));
    lock.lock();
    try {
      Virtqueue queue = device.port().queue(0);
      assertThat(queue.mayHold(0)).as("none is in flight").isFalse();
      assertThat(queue.pop()).isNotNull();
      assertThat(queue.mayHold(0)).isTrue();
      assertThat(queue.mayHold(7)).isTrue();
      assertThat(queue.mayHold(8)).isFalse();
      assertThat(queue.mayHold(-1)).isFalse();
      queue.unpop(0);
      assertThatThrownBy(() -> queue.unpop(0)).isInstanceOf(IllegalStateException.class);
    } finally {
      lock.unlock();
    }
  }

  @Test
  void aPackedRingsStateMovesAndAnImpossibleOneIsRefused() {
    MockPackedRing ring = packed(0);
    device.script(0, element -> new MockDevice.Reply.Hold());
    ring.add(driver.in(4), driver.in(4));
    assertThat(executor.step(0)).isTrue();
    byte[] state = flat.save();
    flat.restore(state);
    MemorySegment bytes = flat.segment();
    // The transport's slice is behind the interrupt controller's 8 bytes.
    int queue = 8 + TransportState.queue(0);
    refused(bytes, queue + TransportState.QUEUE_LAST_AVAIL, 8, state);
    refused(bytes, queue + TransportState.QUEUE_LAST_AVAIL, 1, state);
    refused(bytes, queue + TransportState.QUEUE_USED, 0x8008, state);
    refused(bytes, queue + TransportState.QUEUE_IN_FLIGHT, 3, state);
    refused(bytes, queue + TransportState.QUEUE_IN_FLIGHT, 0, state);
    assertThat(flat.save()).isEqualTo(state);
  }

  private void refused(MemorySegment bytes, int offset, int value, byte[] good) {
    bytes.set(TransportState.U32, offset, value);
    byte[] bad = flat.save();
    MemorySegment.copy(MemorySegment.ofArray(good), 8, bytes, 0, bytes.byteSize());
    assertThatThrownBy(() -> flat.restore(bad)).isInstanceOf(StateRefusedException.class);
  }

  @Test
  void aReadMayBeginInAnyPartOfAChain() {
    MockRing ring = split(0);
    ring.add(driver.out32(1), driver.out32(2, 3), driver.out32(4));
    lock.lock();
    try {
      DescriptorChain chain = device.port().queue(0).pop();
      assertThat(chain).isNotNull();
      int[] read = new int[2];
      assertThat(chain.read(memory, 8, MemorySegment.ofArray(read), 8)).isEqualTo(8);
      assertThat(read).containsExactly(3, 4);
      assertThat(chain.read(memory, 15, MemorySegment.ofArray(read), 8)).isEqualTo(1);
      assertThat(chain.read(memory, 16, MemorySegment.ofArray(read), 8)).isZero();
    } finally {
      lock.unlock();
    }
  }

  @Test
  void optionsReadAsOnTheCommandLine() {
    assertThat(VirtioMmioOptions.LEGACY).hasToString("legacy=on,x-pfn-reset=off");
    assertThatThrownBy(() -> new VirtioMmioOptions(false, true))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
