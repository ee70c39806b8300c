package aerostat.tools.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.tools.fuzz.engine.OwnEngine;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A short look at each target without a booted driver, with the own engine (DEV-32). */
class TargetsFuzzTest {
  private static final long SEED = 20261121;

  @ParameterizedTest
  @CsvSource({
    "queue-split, 2500, 50",
    "queue-packed, 2500, 50",
    "stream, 250, 30",
    "qmp, 600, 40",
    "image, 150, 10"
  })
  void inputsBreakNoPropertyAndBringNews(String name, int runs, int news) {
    List<String> findings = new ArrayList<>();
    BigStack.call(
        () -> {
          try (FuzzTarget target = TargetKind.of(name).make(BootedGuest.Setup.DEFAULT)) {
            OwnEngine engine = new OwnEngine(target, SEED);
            engine.run(
                target.seeds(),
                done -> done < runs,
                (in, found) -> findings.add(found + " " + Findings.trace(target, in)));
            assertThat(engine.corpus())
                .as("inputs that reached something new")
                .hasSizeGreaterThan(news);
          }
          return true;
        });
    assertThat(findings).as("seed " + SEED).isEmpty();
  }
}
