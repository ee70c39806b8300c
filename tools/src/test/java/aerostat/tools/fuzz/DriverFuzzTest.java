package aerostat.tools.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.tools.fuzz.engine.OwnEngine;
import aerostat.vmm.image.Flavour;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A short look with the own engine: the same runs every time. The sanitizing flavour sees a page of
 * the balloon touched before its deflation was acknowledged (CLASSIC-08).
 */
class DriverFuzzTest {
  private static final long SEED = 20261121;

  @ParameterizedTest
  @CsvSource({"DRIVER, PLAIN, 400", "DRIVER_PACKED, PLAIN, 400", "DRIVER, SANITIZING, 250"})
  void aLyingDeviceHarmsNobody(TargetKind kind, Flavour flavour, int runs) {
    BootedGuest.Setup plain = BootedGuest.Setup.DEFAULT;
    BootedGuest.Setup setup =
        new BootedGuest.Setup(plain.memory(), plain.append(), flavour, plain.packed());
    List<String> findings = new ArrayList<>();
    BigStack.call(
        () -> {
          try (FuzzTarget target = kind.make(setup)) {
            OwnEngine engine = new OwnEngine(target, SEED);
            engine.run(
                target.seeds(), done -> done < runs, (in, found) -> findings.add(found.toString()));
            assertThat(engine.corpus())
                .as("inputs that reached something new")
                .hasSizeGreaterThan(20);
          }
          return true;
        });
    assertThat(findings).as("seed " + SEED).isEmpty();
  }
}
