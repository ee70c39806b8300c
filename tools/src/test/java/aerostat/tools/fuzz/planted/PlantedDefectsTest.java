package aerostat.tools.fuzz.planted;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.tools.fuzz.BigStack;
import aerostat.tools.fuzz.FuzzTarget;
import aerostat.tools.fuzz.TargetKind;
import aerostat.tools.fuzz.engine.OwnEngine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Known defects are found from an empty corpus, the same way each time. A build tries one or two of
 * the quickest, others each day; {@code -Daerostat.planted.seed=N} repeats a build's choice, and
 * {@code aerostat fuzz planted} measures all.
 */
class PlantedDefectsTest {
  private static final long SEED = 1;
  private static final int TRIED = 2;
  private static final int EXECUTIONS = 2_000;
  private static final int SLOW_EXECUTIONS = 300;
  private static final int SECONDS = 60;

  /** Found within a tenth part of {@link #EXECUTIONS}, as a rule. */
  private static final List<String> QUICK =
      List.of(
          "range-crosses-end",
          "stats-buffer-forgotten",
          "done-not-told",
          "hinting-never-starts",
          "start-taken-for-end",
          "wrap-counter-stuck",
          "cleared-when-given");

  @Test
  @DisplayName("each defect changes one place that is there, for a target that is there")
  void eachDefectApplies() throws Exception {
    Path root = PlantedClasses.sourceTree();
    String page = Files.readString(root.resolve("docs/planted.md"));
    Set<String> names = new HashSet<>();
    for (Defect defect : Defects.all()) {
      assertThat(names.add(defect.name())).as(defect.name()).isTrue();
      assertThat(defect.apply(Files.readString(defect.sourceFile(root))))
          .as("%s: %s in %s", defect.name(), defect.original(), defect.source())
          .isNotNull();
      assertThat(TargetKind.values()).contains(defect.kind());
      assertThat(defect.finding()).as(defect.name()).isNotBlank();
      assertThat(defect.explains("")).as(defect.name()).isFalse();
      assertThat(Pattern.compile(defect.finding()).matcher("").groupCount()).isLessThan(2);
      assertThat(page).contains("| `" + defect.name() + "` | " + defect.what() + " |");
      assertThat(defect.what()).isNotBlank();
      assertThat(defect.origin()).isNotBlank();
    }
    assertThat(names).containsAll(QUICK);
  }

  @Test
  @DisplayName("what is planted is found, by the property that it breaks")
  void plantedDefectsAreFound() throws Exception {
    long day = Long.getLong("aerostat.planted.seed", LocalDate.now(ZoneOffset.UTC).toEpochDay());
    List<String> order = new ArrayList<>(QUICK);
    Collections.shuffle(order, new Random(day));
    for (String name : order.subList(0, TRIED)) {
      Defect defect = PlantedCommand.named(name);
      try (PlantedClasses classes = PlantedClasses.compile(defect)) {
        PlantedRun.Outcome outcome =
            PlantedProcess.search(defect, classes, SEED, SECONDS, EXECUTIONS);
        assertThat(defect.explains(outcome.signature()))
            .as("%s, choice %d: %s", name, day, outcome)
            .isTrue();
        assertThat(outcome.found()).isTrue();
      }
    }
  }

  @TestFactory
  @DisplayName("without the defect the same seed finds nothing")
  Stream<DynamicTest> nothingElseIsFound() {
    return QUICK.stream()
        .map(PlantedCommand::named)
        .collect(Collectors.toMap(Defect::target, Function.identity(), (one, like) -> one))
        .values()
        .stream()
        .map(defect -> DynamicTest.dynamicTest(defect.target(), () -> searchClean(defect)));
  }

  private static void searchClean(Defect defect) {
    List<String> findings = new ArrayList<>();
    BigStack.call(
        () -> {
          try (FuzzTarget target = defect.kind().make(defect.setup())) {
            new OwnEngine(target, SEED)
                .run(
                    List.of(),
                    runs -> runs < cleanExecutions(defect),
                    (input, finding) -> findings.add(finding.toString()));
          }
          return true;
        });
    assertThat(findings).as("seed " + SEED).isEmpty();
  }

  /** The guest that watches its pages is slow; what is found with it is found at once. */
  private static long cleanExecutions(Defect defect) {
    return defect.kind() == TargetKind.DRIVER ? SLOW_EXECUTIONS : EXECUTIONS;
  }
}
