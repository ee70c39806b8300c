package aerostat.tools.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.memory.GuestMemory;
import aerostat.tools.fuzz.device.DeviceTarget;
import aerostat.tools.fuzz.device.UserDevice;
import aerostat.tools.fuzz.device.UserDeviceClass;
import aerostat.tools.fuzz.engine.FuzzRun;
import aerostat.tools.fuzz.engine.OwnEngine;
import aerostat.vmm.image.Flavour;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A user's own driver and device as targets. */
class UserTargetsTest {
  private static final long SEED = 4;
  private static final int MOST_RUNS = 2_000;

  @TempDir private Path folder = Path.of("");

  private static BootedGuest.Setup setup(String driver, String device) {
    return new BootedGuest.Setup(
        32 << 20, "", Flavour.PLAIN, true, driver, new UserDeviceClass(device, ""));
  }

  @Test
  void aDefectOfAUsersDeviceIsFoundAndReplayed() throws Exception {
    BootedGuest.Setup setup = setup("", LosesInterrupts.class.getName());
    List<Path> places = new ArrayList<>();
    BigStack.call(
        () -> {
          try (FuzzTarget target = TargetKind.DEVICE.make(setup)) {
            Findings findings = new Findings(folder, "device", setup);
            new OwnEngine(target, SEED)
                .run(
                    target.seeds(),
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
    assertThat(places).as("seed " + SEED).hasSize(1);
    StoredFinding stored = StoredFinding.read(places.getFirst());
    assertThat(stored.setup()).isEqualTo(setup);
    assertThat(stored.replay()).last().asString().startsWith("FINDING ");
  }

  /** Throws where a test says so. */
  public static final class Throwing implements UserDevice {
    static String where = "";

    private @Nullable MmioDevice ours;

    public Throwing() {
      at("constructor");
    }

    private static void at(String place) {
      if (place.equals(where)) {
        throw new UnsupportedOperationException(place);
      }
    }

    @Override
    public void attach(
        MmioDevice transport, GuestMemory memory, InterruptController interrupts, int line) {
      at("attach");
      ours = transport;
    }

    @Override
    public void take() {
      at("take");
    }

    @Override
    public void rewind() {
      at("rewind");
    }

    @Override
    public long read(long offset, int width) {
      return Objects.requireNonNull(ours).read(offset, width);
    }

    @Override
    public void write(long offset, int width, long value) {
      Objects.requireNonNull(ours).write(offset, width, value);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"attach", "take", "rewind"})
  void whateverAUsersDeviceThrowsIsAFindingThatReplays(String where) throws Exception {
    BootedGuest.Setup setup = setup("", Throwing.class.getName());
    Path corpus = folder.resolve("corpus");
    Throwing.where = where;
    try {
      int found =
          new FuzzRun(TargetKind.DEVICE, setup, corpus, null, null, folder.resolve("f"), 1, 1, 1)
              .own();

      assertThat(found).isEqualTo(1);
      try (Stream<Path> places = Files.list(folder.resolve("f"))) {
        assertThat(StoredFinding.read(places.findFirst().orElseThrow()).replay())
            .last()
            .asString()
            .startsWith("FINDING exception: ")
            .endsWith(where);
      }
    } finally {
      Throwing.where = "";
    }
  }

  @Test
  void aDeviceThatCannotBeMadeIsRefusedWithTheReason() {
    Throwing.where = "constructor";
    try {
      assertThatThrownBy(() -> TargetKind.DEVICE.make(setup("", Throwing.class.getName())))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageEndingWith(
              "its constructor threw java.lang.UnsupportedOperationException: constructor");
    } finally {
      Throwing.where = "";
    }
  }

  @Test
  void aVariantOfTheDriverIsTheTarget() {
    BigStack.call(
        () -> {
          try (FuzzTarget target = TargetKind.DRIVER.make(setup("merged-4.20", ""))) {
            for (byte[] seed : target.seeds()) {
              assertThat(Findings.trace(target, seed)).last().isEqualTo("every property holds");
            }
          }
          return true;
        });
  }

  @Test
  void aClassThatIsNoneIsRefusedWithTheReason() {
    assertThatThrownBy(() -> new DeviceTarget(setup("", "java.lang.String")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--device-class java.lang.String");
  }
}
