package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageGate;
import aerostat.mmio.mock.MockDevice;
import aerostat.mmio.mock.MockPackedRing;
import aerostat.mmio.mock.MockRing;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a driver sees between a device's accesses, and which pages these are to. */
class PublishOrderTest {
  private final MockRig rig =
      new MockRig(new MockDevice(42, 0, new byte[8], 8).transport(Virtio.TRANSPORT_OPTIONS), false);

  @AfterEach
  void close() {
    rig.close();
  }

  @Test
  @DisplayName("PACKED-DEV-07: length and id stand before the flags, and nothing changes after")
  void flagsLast() {
    rig.driver.negotiate(Virtio.F_RING_PACKED);
    MockPackedRing ring = rig.driver.setUpPackedQueue(0, 8);
    rig.driver.ready();
    rig.device.script(0, element -> new MockDevice.Reply.Answer(new byte[] {7, 7, 7}));
    ring.add(rig.driver.in(8));
    // Of two descriptors the last one's id counts, so that it differs from what stands there.
    int id = ring.add(rig.driver.in(8), rig.driver.in(8));
    List<Long> seen = new ArrayList<>();
    MemorySegment ram = rig.memory.segment();
    long slot = ring.descriptorArea() - GuestMemory.RAM_BASE + 16;
    ram.set(ValueLayout.JAVA_SHORT_UNALIGNED, slot + 12, (short) 0x7e7e);
    Runnable look = () -> seen.add(ram.get(ValueLayout.JAVA_LONG_UNALIGNED, slot + 8));
    during(ring::kick, (first, last) -> look.run());
    look.run();
    long end = 3 | (long) id << 32 | used() << 48;
    assertThat(seen.getLast()).isEqualTo(end);
    int flagged = 0;
    while (seen.get(flagged) >>> 48 != used()) {
      flagged++;
    }
    assertThat(flagged).as("the gate saw it before").isPositive();
    assertThat(seen.subList(flagged, seen.size())).containsOnly(end);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("SPLIT-DEV-04, PACKED-DEV-05: what is there to be written is not read")
  void writableBuffersAreNotRead(boolean packed) {
    rig.driver.negotiate(packed ? Virtio.F_RING_PACKED : 0);
    MockRing.Part question = rig.driver.out32(1);
    MockRing.Part answer = MockRing.in(rig.driver.allocate(4096, 4096), 4096);
    if (packed) {
      rig.driver.setUpPackedQueue(0, 8).add(question, answer);
    } else {
      rig.driver.setUpQueue(0, 8).add(question, answer);
    }
    long page = (answer.address() - GuestMemory.RAM_BASE) / 4096;
    List<Long> touched = new ArrayList<>();
    during(
        rig.driver::ready, // buffers that wait are taken then
        (first, last) -> {
          if (first <= page && page <= last) {
            touched.add(first);
          }
        });
    assertThat(rig.device.elements()).hasSize(1);
    assertThat(touched).isEmpty();
  }

  private interface Access {
    void to(long firstPage, long lastPage);
  }

  /** Tells of every access to memory before it is made. */
  private void during(Runnable action, Access access) {
    rig.memory.gate(
        new PageGate() {
          @Override
          public void await(long first, long last) {
            access.to(first, last);
          }

          @Override
          public boolean mayCome() {
            return true;
          }
        });
    action.run();
    rig.memory.gate(null);
  }

  private static long used() {
    return Virtio.DESC_AVAIL | Virtio.DESC_USED | Virtio.DESC_WRITE;
  }
}
