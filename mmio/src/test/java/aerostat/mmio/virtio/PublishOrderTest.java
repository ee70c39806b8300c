package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.PageGate;
import aerostat.mmio.mock.MockDevice;
import aerostat.mmio.mock.MockPackedRing;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** In which order a device makes a descriptor used: what a driver sees between its accesses. */
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
    long slot = ring.descriptorArea() - aerostat.mmio.memory.GuestMemory.RAM_BASE + 16;
    ram.set(ValueLayout.JAVA_SHORT_UNALIGNED, slot + 12, (short) 0x7e7e);
    Runnable look = () -> seen.add(ram.get(ValueLayout.JAVA_LONG_UNALIGNED, slot + 8));
    rig.memory.gate(
        new PageGate() {
          @Override
          public void await(long first, long last) {
            look.run();
          }

          @Override
          public boolean mayCome() {
            return true;
          }
        });
    ring.kick();
    rig.memory.gate(null);
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

  private static long used() {
    return Virtio.DESC_AVAIL | Virtio.DESC_USED | Virtio.DESC_WRITE;
  }
}
