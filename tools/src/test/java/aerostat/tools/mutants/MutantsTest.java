package aerostat.tools.mutants;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Each mutant of mutants.tsv makes a test of its rule fail. An ordinary build tries a few, others
 * each day; {@code -Pmutants} tries all, {@code -Daerostat.mutants.seed=N} repeats a build's
 * choice.
 */
class MutantsTest {
  private static final long BUDGET_NANOS = TimeUnit.SECONDS.toNanos(8);

  /** The first cell of a row of docs/rules.md. */
  private static final Pattern RULE =
      Pattern.compile("(?m)^\\| ((?:EDGE|HINT|REPORT|POISON|MIG)-\\d\\d) ");

  private final MutantList list = MutantList.named("mutants.tsv");
  private final List<Mutant> mutants = list.mutants();

  @Test
  @DisplayName("every mutant changes one line that is there, for a test that is there")
  void everyMutantApplies() throws IOException {
    assertThat(mutants)
        .allSatisfy(
            mutant -> assertThat(mutant.rule()).matches("(EDGE|HINT|REPORT|POISON|MIG)-\\d\\d"));
    list.assertApply();
  }

  @Test
  @DisplayName("no rule has two mutants")
  void oneMutantEach() {
    Set<String> rules = new HashSet<>();
    assertThat(mutants).allSatisfy(mutant -> assertThat(rules.add(mutant.rule())).isTrue());
  }

  @Test
  @DisplayName("every rule of the groups has a mutant, or a reason for having none")
  void everyRuleHasOne() throws IOException {
    Set<String> open = new TreeSet<>();
    Matcher ids = RULE.matcher(Files.readString(list.root().resolve("docs/rules.md")));
    while (ids.find()) {
      open.add(ids.group(1));
    }
    assertThat(open).hasSize(137);
    Set<String> named = new TreeSet<>(Mutant.impossible(list.file()).keySet());
    mutants.forEach(mutant -> named.add(mutant.rule()));
    open.removeAll(named);
    assertThat(open).as("not in mutants.tsv").isEmpty();
  }

  @Test
  @DisplayName("the mutants that are tried are noticed")
  void mutantsAreNoticed() throws Exception {
    list.assertNoticed(BUDGET_NANOS);
  }
}
