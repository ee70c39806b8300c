package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageGate;
import aerostat.mmio.mock.MockDevice;
import aerostat.mmio.mock.MockPackedRing;
import aerostat.mmio.mock.MockRing;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * DEV-32, EDGE-49: what a driver writes is fetched once, checked, and used as it was checked. A
 * gate before memory counts the device's accesses, and writes to the ring before any one of them,
 * as another processor of the guest could: every moment of an element has its turn.
 */
class FetchOnceTest {
  private static final long OUTSIDE = 0x10;
  private static final int BYTES = 64;

  private enum Format {
    SPLIT,
    SPLIT_INDIRECT,
    LEGACY,
    LEGACY_INDIRECT,
    PACKED,
    PACKED_INDIRECT;

    boolean packed() {
      return this == PACKED || this == PACKED_INDIRECT;
    }

    boolean legacy() {
      return this == LEGACY || this == LEGACY_INDIRECT;
    }

    boolean indirect() {
      return name().endsWith("INDIRECT");
    }
  }

  /** Counts accesses from {@link #watch} on; runs something before the one that is named. */
  private static final class Counter implements PageGate {
    private int seen = -1;
    private int moment = -1;
    private Runnable action = () -> {};

    void watch(int at, Runnable run) {
      seen = 0;
      moment = at;
      action = run;
    }

    int stop() {
      int count = seen;
      seen = -1;
      return count;
    }

    @Override
    public void await(long first, long last) {
      if (seen >= 0) {
        int now = seen++;
        if (now == moment) {
          int kept = seen;
          seen = -1; // the other processor's own accesses do not count
          action.run();
          seen = kept;
        }
      }
    }

    @Override
    public boolean mayCome() {
      return true;
    }
  }

  /** One element of writable parts, ready to be found. */
  private static final class Stage implements AutoCloseable {
    final MockRig rig;
    final Counter counter = new Counter();
    final Format format;
    final long descriptors;
    final long available;
    final Runnable kick;
    final long table;
    final List<MockRing.Part> parts = new ArrayList<>();
    int popped;

    Stage(Format format, int count) {
      this.format = format;
      VirtioMmioOptions options =
          format.legacy() ? VirtioMmioOptions.LEGACY : VirtioMmioOptions.DEFAULT;
      MockDevice device =
          new MockDevice(42, 0, new byte[8], 8)
              .transport(Virtio.F_INDIRECT_DESC | (format.packed() ? Virtio.F_RING_PACKED : 0));
      rig = new MockRig(device, false, options);
      for (int i = 0; i < count; i++) {
        parts.add(rig.driver.in(BYTES));
      }
      MockRing.Part[] all = parts.toArray(MockRing.Part[]::new);
      device.script(
          0,
          e -> {
            popped = counter.seen;
            return new MockDevice.Reply.UsedLength(0);
          });
      if (format.packed()) {
        rig.driver.negotiate(Virtio.TRANSPORT_OPTIONS);
        MockPackedRing ring = rig.driver.setUpPackedQueue(0, 8);
        rig.driver.ready();
        var unused = format.indirect() ? ring.addIndirect(all) : ring.add(all);
        descriptors = ring.descriptorArea();
        available = 0;
        kick = ring::kick;
      } else {
        MockRing ring =
            format.legacy()
                ? rig.startLegacy(Virtio.F_INDIRECT_DESC, 0, 8)
                : rig.start(Virtio.F_INDIRECT_DESC, 0, 8);
        var unused = format.indirect() ? ring.addIndirect(all) : ring.add(all);
        descriptors = ring.descriptorArea();
        available = ring.driverArea();
        kick = ring::kick;
      }
      table = format.indirect() ? rig.memory.load64(descriptors) : 0;
      rig.memory.gate(counter);
    }

    /** Where the descriptor of the first part is. */
    long first() {
      return format.indirect() ? table : descriptors;
    }

    int flagsAt() {
      return format.packed() ? 14 : 12;
    }

    @Override
    public void close() {
      rig.close();
    }
  }

  /** What the other processor writes. */
  private enum Change {
    OUTSIDE_RAM {
      @Override
      void make(Stage s) {
        s.rig.memory.store64(s.first(), OUTSIDE);
      }
    },
    INTO_THE_IMAGE {
      @Override
      void make(Stage s) {
        s.rig.memory.store64(s.first(), GuestMemory.RAM_BASE);
      }
    },
    TOO_LONG {
      @Override
      void make(Stage s) {
        s.rig.memory.store32(s.first() + 8, -1);
      }
    },
    INDIRECT_AND_NEXT {
      @Override
      void make(Stage s) {
        int at = s.flagsAt();
        int flags = s.rig.memory.load16(s.first() + at);
        s.rig.memory.store16(s.first() + at, flags | Virtio.DESC_INDIRECT | Virtio.DESC_NEXT);
      }
    },
    NEXT_OR_ID {
      @Override
      void make(Stage s) {
        s.rig.memory.store16(s.first() + (s.format.packed() ? 12 : 14), 0xffff);
      }
    },
    TABLE_OUTSIDE_RAM {
      @Override
      void make(Stage s) {
        s.rig.memory.store64(s.descriptors, OUTSIDE);
      }
    },
    TABLE_OF_ODD_LENGTH {
      @Override
      void make(Stage s) {
        s.rig.memory.store32(s.descriptors + 8, 17);
      }
    },
    HEAD {
      @Override
      void make(Stage s) {
        if (!s.format.packed()) {
          s.rig.memory.store16(s.available + 4, 0xffff);
        }
      }
    },
    INDEX {
      @Override
      void make(Stage s) {
        if (!s.format.packed()) {
          s.rig.memory.store16(s.available + 2, 1000);
        }
      }
    };

    abstract void make(Stage s);
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("each index, head and half of a descriptor is read once, whatever the chain")
  void readsOnce(Format format) {
    for (int parts = 1; parts <= 4; parts++) {
      try (Stage s = new Stage(format, parts)) {
        s.counter.watch(-1, () -> {});
        s.kick.run();
        // Split: index, head, two halves a descriptor. Packed: flags before them, in the ring.
        int ring = format.indirect() ? 1 : parts;
        int reads =
            (format.packed() ? 3 * ring : 2 + 2 * ring) + (format.indirect() ? 2 * parts : 0);
        assertThat(s.popped).as("%d parts", parts).isEqualTo(reads);
        assertThat(s.rig.device.elements()).hasSize(1);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("another processor writes at any moment: the device breaks, or uses what it checked")
  void everyMoment(Format format) {
    int broken = 0;
    int used = 0;
    for (Change change : Change.values()) {
      boolean over = false;
      for (int moment = 0; !over; moment++) {
        assertThat(moment).isLessThan(100);
        try (Stage s = new Stage(format, 2)) {
          boolean[] made = new boolean[1];
          s.counter.watch(
              moment,
              () -> {
                made[0] = true;
                change.make(s);
              });
          s.kick.run();
          s.counter.stop();
          over = !made[0]; // the element was through before
          s.rig.memory.gate(null);
          if (s.rig.broken()) {
            broken++;
          } else {
            used++;
          }
          check(s, change + " at " + moment);
        }
      }
    }
    assertThat(broken).isPositive();
    assertThat(used).isPositive();
  }

  private static void check(Stage s, String what) {
    assertThat(s.rig.broken()).as(what).isEqualTo(s.rig.transport.violations() > 0);
    for (MockDevice.Element element : s.rig.device.elements()) {
      assertThat(element.head()).as(what).isBetween(0, s.format.packed() ? 0x7ffff : 7);
      assertThat(element.writable()).as(what).isNotEmpty();
      for (MockDevice.Range range : element.writable()) {
        assertThat(s.rig.memory.isWritable(range.address(), range.length()))
            .as("%s: %s", what, range)
            .isTrue();
      }
    }
    s.rig.driver.reset();
    assertThat(s.rig.broken()).as(what).isFalse();
    MockRing ring = s.format.legacy() ? s.rig.startLegacy(0, 0, 8) : s.rig.start(0, 0, 8);
    int before = s.rig.device.elements().size();
    ring.send(s.rig.driver.in(4));
    assertThat(s.rig.device.elements()).as("%s: usable after a reset", what).hasSize(before + 1);
  }

  @Test
  @DisplayName("the gate would notice: a second look at a descriptor is an access more")
  void theGateSeesEveryAccess() {
    try (Stage s = new Stage(Format.SPLIT, 1)) {
      s.counter.watch(-1, () -> {});
      var unused = s.rig.memory.load64(s.descriptors) + s.rig.memory.load16(s.available);
      assertThat(s.counter.stop()).isEqualTo(2);
    }
  }
}
