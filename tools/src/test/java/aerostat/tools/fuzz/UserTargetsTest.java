package aerostat.tools.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.tools.fuzz.device.DeviceTarget;
import aerostat.tools.fuzz.device.UserDeviceClass;
import aerostat.tools.fuzz.engine.OwnEngine;
import aerostat.vmm.image.Flavour;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
                      Path place = findings.add(target, input, finding, "seed " + SEED);
                      if (place != null) {
                        places.add(place);
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
