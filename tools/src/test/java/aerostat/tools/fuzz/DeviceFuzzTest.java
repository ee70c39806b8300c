package aerostat.tools.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.tools.fuzz.device.DeviceTarget;
import aerostat.tools.fuzz.engine.OwnEngine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A short look with the own engine: the same runs every time. */
class DeviceFuzzTest {
  private static final long SEED = 20261121;
  private static final int RUNS = 1_500;

  @Test
  void inputsBreakNoPropertyAndReachNewCode() {
    List<String> findings = new ArrayList<>();
    BigStack.call(
        () -> {
          DeviceTarget device = new DeviceTarget(BootedGuest.Setup.DEFAULT);
          try (GuardedTarget target = new GuardedTarget(device)) {
            OwnEngine engine = new OwnEngine(target, SEED);
            engine.run(
                target.seeds(), runs -> runs < RUNS, (in, found) -> findings.add(found.toString()));
            assertThat(engine.corpus())
                .as("inputs that reached something new")
                .hasSizeGreaterThan(50);
            assertThat(device.guest().machine().pollsSince())
                .isGreaterThanOrEqualTo(DeviceTarget.LEAST_POLLS);
          }
          return true;
        });
    assertThat(findings).as("seed " + SEED).isEmpty();
  }

  @Test
  void anInputRunsTheSameWayEachTimeAndItsTraceTellsIt() {
    BigStack.call(
        () -> {
          try (DeviceTarget target = new DeviceTarget(BootedGuest.Setup.DEFAULT)) {
            for (byte[] seed : target.seeds()) {
              List<String> first = Findings.trace(target, seed);
              byte[] edges = target.edges().clone();
              Arrays.fill(target.edges(), (byte) 0);
              target.run(new byte[] {7, 99, 10, 0, 20, 7, 99}, FuzzLog.OFF);
              Arrays.fill(target.edges(), (byte) 0);
              assertThat(Findings.trace(target, seed)).isEqualTo(first);
              assertThat(first).hasSizeGreaterThan(1).last().isEqualTo("every property holds");
              assertThat(edges).isNotEmpty();
            }
          }
          return true;
        });
  }
}
