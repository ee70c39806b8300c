package aerostat.tools.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.virtio.MmioRegisters;
import aerostat.tools.fuzz.device.DeviceTarget;
import aerostat.tools.fuzz.engine.OwnEngine;
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
    RESET_IS_IGNORED_WHEN_BROKEN("usable");

    final String property;

    Defect(String property) {
      this.property = property;
    }
  }

  private record Defective(Defect defect, MmioDevice inner, GuestMemory memory)
      implements MmioDevice {
    @Override
    public long read(long offset, int width) {
      boolean hidden =
          defect == Defect.INTERRUPT_STATUS_STAYS_EMPTY && offset == MmioRegisters.INTERRUPT_STATUS;
      return hidden ? 0 : inner.read(offset, width);
    }

    @Override
    public void write(long offset, int width, long value) {
      boolean notify = offset == MmioRegisters.QUEUE_NOTIFY;
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
        case RESET_IS_IGNORED_WHEN_BROKEN -> {
          boolean broken = (inner.read(MmioRegisters.STATUS, 4) & 64) != 0;
          if (offset == MmioRegisters.STATUS && value == 0 && broken) {
            return;
          }
        }
        default -> {}
      }
      inner.write(offset, width, value);
    }
  }

  @ParameterizedTest
  @EnumSource(Defect.class)
  void isFoundMinimizedAndTold(Defect defect) throws Exception {
    List<Path> places = new ArrayList<>();
    BigStack.call(
        () -> {
          try (DeviceTarget target =
              new DeviceTarget(
                  BootedGuest.Setup.DEFAULT,
                  (transport, memory, interrupts) -> new Defective(defect, transport, memory))) {
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
    assertThat(Files.size(place.resolve("minimal")))
        .isLessThanOrEqualTo(Files.size(place.resolve("input")));
  }
}
