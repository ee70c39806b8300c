package aerostat.tools.fuzz;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.virtio.MmioRegisters;
import aerostat.mmio.virtio.Virtio;
import aerostat.mmio.virtio.VirtioPort;
import aerostat.tools.fuzz.device.DeviceTarget;
import aerostat.tools.fuzz.engine.OwnEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The target finds defects that are put between it and the device, from an empty corpus. */
class PlantedDefectTest {
  private static final long SEED = 3;
  private static final int MOST_RUNS = 3_000;

  @TempDir private Path folder = Path.of("");

  private enum Defect {
    INTERRUPT_STATUS_STAYS_EMPTY("interrupt"),
    SECOND_QUEUE_IS_NEVER_LOOKED_AT("used ring"),
    STRAY_WRITE_AT_A_NOTIFICATION("stray write"),
    RESET_IS_IGNORED_WHEN_BROKEN("usable"),
    USED_RING_IS_WRITTEN_AFTER_A_RESET("stray write"),
    STRAY_WRITE_BESIDE_A_PACKED_RING("stray write"),
    DISCARD_AT_A_MALFORMED_CHAIN("discard"),
    STORE_WITHOUT_A_MARK_AT_A_NOTIFICATION("reset");

    final String property;

    Defect(String property) {
      this.property = property;
    }
  }

  private static final class Defective implements MmioDevice {
    private final Defect defect;
    private final MmioDevice inner;
    private final GuestMemory memory;
    private long queue;
    private long usedRing;

    Defective(Defect defect, MmioDevice inner, GuestMemory memory) {
      this.defect = defect;
      this.inner = inner;
      this.memory = memory;
    }

    @Override
    public long read(long offset, int width) {
      boolean hidden =
          defect == Defect.INTERRUPT_STATUS_STAYS_EMPTY && offset == MmioRegisters.INTERRUPT_STATUS;
      return hidden ? 0 : inner.read(offset, width);
    }

    @Override
    public void write(long offset, int width, long value) {
      boolean notify = offset == MmioRegisters.QUEUE_NOTIFY;
      boolean reset = offset == MmioRegisters.STATUS && value == 0;
      boolean broken = isBroken();
      switch (defect) {
        case SECOND_QUEUE_IS_NEVER_LOOKED_AT -> {
          if (notify && value == 1) {
            return;
          }
        }
        case STRAY_WRITE_AT_A_NOTIFICATION -> {
          if (notify && value == 0) {
            memory.store8(memory.end() - 1, 1);
          }
        }
        case STORE_WITHOUT_A_MARK_AT_A_NOTIFICATION -> {
          if (notify && value == 3) {
            memory.segment().set(JAVA_BYTE, memory.segment().byteSize() - 1, (byte) 1);
          }
        }
        case RESET_IS_IGNORED_WHEN_BROKEN -> {
          if (reset && broken) {
            return;
          }
        }
        case USED_RING_IS_WRITTEN_AFTER_A_RESET -> {
          if (reset && memory.isWritable(usedRing, 2)) {
            memory.store16(usedRing, 0);
          }
        }
        default -> {}
      }
      inner.write(offset, width, value);
      follow((int) offset, value);
      long elsewhere = memory.end() - GuestMemory.PAGE_SIZE;
      if (defect == Defect.STRAY_WRITE_BESIDE_A_PACKED_RING && notify && isPacked()) {
        memory.store8(elsewhere, 1);
      } else if (defect == Defect.DISCARD_AT_A_MALFORMED_CHAIN && !broken && isBroken()) {
        memory.discard(elsewhere, GuestMemory.PAGE_SIZE);
      }
    }

    private boolean isBroken() {
      return (inner.read(MmioRegisters.STATUS, 4) & Virtio.STATUS_NEEDS_RESET) != 0;
    }

    /**
     * Asked of the transport, for its state goes back with the guest and this object's does not.
     */
    private boolean isPacked() {
      return (((VirtioPort) inner).features() & Virtio.F_RING_PACKED) != 0;
    }

    private void follow(int register, long value) {
      switch (register) {
        case MmioRegisters.QUEUE_SEL -> queue = value;
        case MmioRegisters.QUEUE_DEVICE_LOW -> usedRing = queue == 0 ? value : usedRing;
        default -> {}
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Defect.class)
  void isFoundMinimizedAndTold(Defect defect) throws Exception {
    List<Path> places = new ArrayList<>();
    BigStack.call(
        () -> {
          try (GuardedTarget target = target(defect)) {
            Findings findings = new Findings(folder, "device");
            new OwnEngine(target, SEED)
                .run(
                    List.of(),
                    runs -> places.isEmpty() && runs < MOST_RUNS,
                    (input, finding) -> {
                      Findings.Kept kept = findings.add(target, input, finding, "seed " + SEED);
                      if (kept != null) {
                        places.add(kept.place());
                      }
                    });
            assertNothingCanBeLeftOut(target, places);
          }
          return true;
        });
    assertThat(places).as(defect + ", seed " + SEED).hasSize(1);
    Path place = places.getFirst();
    assertThat(Files.readString(place.resolve("finding.txt")))
        .contains("signature: " + defect.property);
    assertThat(Files.readAllLines(place.resolve("trace.txt")))
        .last()
        .asString()
        .startsWith("FINDING");
  }

  private static GuardedTarget target(Defect defect) {
    return new GuardedTarget(
        new DeviceTarget(
            BootedGuest.Setup.DEFAULT,
            (transport, memory, interrupts) -> new Defective(defect, transport, memory)));
  }

  private static void assertNothingCanBeLeftOut(GuardedTarget target, List<Path> places)
      throws IOException {
    String found = Files.readAllLines(places.getFirst().resolve("trace.txt")).getLast();
    byte[] minimal = Files.readAllBytes(places.getFirst().resolve("minimal"));
    assertThat(Findings.trace(target, minimal)).as("replayed").last().isEqualTo(found);
    for (int at = 0; at < minimal.length; at++) {
      byte[] shorter = new byte[minimal.length - 1];
      System.arraycopy(minimal, 0, shorter, 0, at);
      System.arraycopy(minimal, at + 1, shorter, at, shorter.length - at);
      assertThat(Findings.trace(target, shorter).getLast())
          .as("without byte " + at)
          .isNotEqualTo(found);
    }
  }
}
