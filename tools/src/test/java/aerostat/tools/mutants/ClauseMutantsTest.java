package aerostat.tools.mutants;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Each mutant of clauses.tsv breaks clauses of virtio 1.4, and the test that shows them kept
 * notices; see {@link MutantsTest} for how many are tried.
 */
class ClauseMutantsTest {
  private static final long BUDGET_NANOS = TimeUnit.SECONDS.toNanos(4);

  private final MutantList list = MutantList.named("clauses.tsv");

  @Test
  @DisplayName("every mutant changes one line that is there, for a test that is there")
  void everyMutantApplies() throws Exception {
    list.assertApply();
  }

  @Test
  @DisplayName(
      "every clause is one of the standard's, and has one mutant or a reason; DEV-32 has more")
  void everyClauseIsThere() throws Exception {
    Set<String> clauses =
        Files.readAllLines(list.root().resolve("docs/reference/virtio-conformance.tsv")).stream()
            .map(line -> line.substring(0, line.indexOf('\t')))
            .collect(Collectors.toSet());
    Set<String> seen = new HashSet<>();
    for (Mutant mutant : list.mutants()) {
      if (mutant.rule().equals("DEV-32")) {
        continue; // each ring format has ways of its own to fetch twice
      }
      check(mutant.rule(), clauses, seen);
    }
    assertThat(seen).hasSizeGreaterThan(250);
    Mutant.impossible(list.file()).keySet().forEach(cell -> check(cell, clauses, seen));
  }

  private static void check(String cell, Set<String> clauses, Set<String> seen) {
    for (String clause : List.of(cell.split(" "))) {
      assertThat(clauses).contains(clause);
      assertThat(seen.add(clause)).as("%s stands twice", clause).isTrue();
    }
  }

  @Test
  @DisplayName("the mutants that are tried are noticed")
  void mutantsAreNoticed() throws Exception {
    list.assertNoticed(BUDGET_NANOS);
  }
}
