package aerostat.tools.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.tools.fuzz.engine.OwnEngine;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A short look at the rings with the own engine (DEV-32): the same runs every time. */
class QueueFuzzTest {
  private static final long SEED = 20261121;
  private static final int RUNS = Integer.getInteger("aerostat.rounds", 5_000);

  @ParameterizedTest
  @EnumSource(
      value = TargetKind.class,
      names = {"QUEUE_SPLIT", "QUEUE_PACKED"})
  void aHostileDriverHarmsNoRing(TargetKind kind) {
    List<String> findings = new ArrayList<>();
    try (FuzzTarget target = kind.make(BootedGuest.Setup.DEFAULT)) {
      OwnEngine engine = new OwnEngine(target, SEED);
      engine.run(
          target.seeds(),
          runs -> runs < RUNS,
          (in, found) -> {
            String told = found + " " + Findings.trace(target, in);
            if (findings.size() < 3) {
              findings.add(told);
            }
          });
      assertThat(engine.corpus()).as("inputs that reached something new").hasSizeGreaterThan(50);
    }
    assertThat(findings).as("seed " + SEED).isEmpty();
  }
}
