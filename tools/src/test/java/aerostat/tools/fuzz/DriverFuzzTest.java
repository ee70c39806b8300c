package aerostat.tools.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.tools.fuzz.engine.OwnEngine;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A short look with the own engine: the same runs every time. */
class DriverFuzzTest {
  private static final long SEED = 20261121;
  private static final int RUNS = 400;

  @ParameterizedTest
  @EnumSource(
      value = TargetKind.class,
      names = {"DRIVER", "DRIVER_PACKED"})
  void aLyingDeviceHarmsNobody(TargetKind kind) {
    List<String> findings = new ArrayList<>();
    BigStack.call(
        () -> {
          try (FuzzTarget target = kind.make(BootedGuest.Setup.DEFAULT)) {
            OwnEngine engine = new OwnEngine(target, SEED);
            engine.run(
                target.seeds(), runs -> runs < RUNS, (in, found) -> findings.add(found.toString()));
            assertThat(engine.corpus())
                .as("inputs that reached something new")
                .hasSizeGreaterThan(20);
          }
          return true;
        });
    assertThat(findings).as("seed " + SEED).isEmpty();
  }
}
