package aerostat.tools.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Every rule of the reference is tested or excused, and docs/rules.md says so. */
class RulesTableTest {
  private final RuleTable table = new RuleTable(ProjectRoot.find());

  RulesTableTest() throws IOException {}

  @Test
  void theTableIsCurrent() throws IOException {
    Path file = table.root().resolve("docs/rules.md");
    String expected = table.toMarkdown();
    if (Boolean.getBoolean("aerostat.update")) {
      Files.writeString(file, expected);
    } else {
      assertThat(Files.readString(file))
          .as("docs/rules.md is stale; its beginning tells how to make it anew")
          .isEqualTo(expected);
    }
  }

  @Test
  void everyRuleIsNamedByATestOrExcused() {
    Set<String> open = new TreeSet<>(table.rules());
    open.removeAll(table.tested.keySet());
    open.removeAll(table.notes.excuses().keySet());
    assertThat(open).as("neither tested nor excused in rules.tsv").isEmpty();
  }

  @Test
  void noExcuseIsStale() throws IOException {
    Set<String> stale = new TreeSet<>(table.notes.excuses().keySet());
    stale.retainAll(table.tested.keySet());
    if (Boolean.getBoolean("aerostat.update")) {
      Path notes = table.root().resolve("tools/src/test/resources/aerostat/tools/house/rules.tsv");
      List<String> lines = Files.readAllLines(notes);
      lines.removeIf(line -> stale.contains(line.replaceFirst("\texcuse\t.*", "")));
      Files.write(notes, lines);
      return;
    }
    assertThat(stale).as("excused in rules.tsv, but a test names it").isEmpty();
  }

  @Test
  void everyEdgeCaseIsTested() {
    List<String> rules = table.rules().stream().filter(r -> r.startsWith("EDGE")).toList();
    assertThat(rules).hasSize(58);
    assertThat(table.tested.keySet()).containsAll(rules);
  }

  @Test
  void ofTheOtherRulesNinetyFiveInAHundredAreTested() {
    List<String> rules = table.rules().stream().filter(r -> !r.startsWith("EDGE")).toList();
    long tested = rules.stream().filter(table.tested::containsKey).count();
    assertThat((double) tested / rules.size()).isGreaterThanOrEqualTo(0.95);
  }

  @Test
  void theNotesAreAboutRulesVariantsAndTestsThatExist() {
    List<String> rules = table.rules();
    assertThat(rules).hasSizeGreaterThan(250);
    assertThat(rules).containsAll(table.notes.excuses().keySet());
    assertThat(rules).containsAll(table.notes.remarks().keySet());
    assertThat(rules).containsAll(table.notes.same().keySet());
    assertThat(rules).containsAll(table.notes.same().values());
    table
        .notes
        .defects()
        .forEach(
            (rule, byVariant) -> {
              assertThat(rules).contains(rule);
              assertThat(RuleTable.VARIANTS).containsAll(byVariant.keySet());
              assertThat(table.tested.getOrDefault(rule, new TreeSet<>()))
                  .as("tests that show the defects against %s", rule)
                  .containsAll(byVariant.values());
            });
  }
}
