package aerostat.tools.house;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** docs/rules.md, made from the reference, the sources and {@link RuleNotes}. */
final class RuleTable {
  /** The driver's variants, each a column. */
  static final List<String> VARIANTS =
      List.of(
          "merged",
          "merged-4.20",
          "merged-free-on-stop",
          "walk-v28",
          "bitmap-2016",
          "reporting",
          "none",
          "no-balloon");

  /** Those that take part in what a family of rules is about; others have no cell. */
  private static final Map<String, Set<String>> APPLY =
      Map.of(
          "BITMAP",
          Set.of("bitmap-2016"),
          "WALK",
          Set.of("walk-v28"),
          "HINT",
          Set.of("merged", "merged-4.20", "merged-free-on-stop", "no-balloon"),
          "HFIX",
          Set.of("merged", "merged-4.20", "merged-free-on-stop", "no-balloon"),
          "REPORT",
          Set.of("merged", "merged-free-on-stop", "reporting", "no-balloon"));

  private static final Set<String> DRIVER = Set.of("UAPI", "CLASSIC", "STATS", "POISON");
  private static final String ABSENT = "–";

  private final Path root;
  final Map<String, List<String>> sections;
  final Map<String, SortedSet<String>> kept;
  final Map<String, SortedSet<String>> tested;
  final RuleNotes notes;

  RuleTable(Path root) throws IOException {
    this.root = root;
    this.sections = RuleScan.rules(root);
    this.kept = RuleScan.naming(root, "main");
    this.tested = RuleScan.naming(root, "test");
    this.notes = RuleNotes.read();
    notes
        .same()
        .forEach(
            (rule, other) -> {
              SortedSet<String> tests = tested.get(other);
              if (tests != null) {
                tested.computeIfAbsent(rule, r -> new TreeSet<>()).addAll(tests);
              }
            });
  }

  Path root() {
    return root;
  }

  List<String> rules() {
    return sections.values().stream().flatMap(Collection::stream).distinct().toList();
  }

  /** The whole document. */
  String toMarkdown() {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        # Rules of the balloon and where they are kept

        Made by `RulesTableTest` from [reference/balloon-facts.md](reference/balloon-facts.md), the sources and `rules.tsv` beside that test; to make it anew:

        ```
        mvn -Dquickly -pl tools -am test -Dtest=RulesTableTest -Daerostat.update=true -Dsurefire.failIfNoSpecifiedTests=false
        ```

        *Where*: the classes whose sources cite the rule; *tests*: those that name it, each as module/class. The build fails where a rule is named by no test and excused with no reason.
        It cannot see whether a test tests a rule well. The columns of the driver's variants say *holds*, or the test that shows the defect of that era; empty: the rule is not about that
        variant, or not about the driver. Repairs against Linux are in [balloon-driver.md](balloon-driver.md), departures of the device from QEMU in [balloon-device.md](balloon-device.md).

        """);
    long all = rules().size();
    long without = rules().stream().filter(rule -> !tested.containsKey(rule)).count();
    text.append(
        "%d rules, %d of them tested, %d excused.\n".formatted(all, all - without, without));
    sections.forEach((title, rules) -> section(text, title, rules));
    return text.toString();
  }

  private void section(StringBuilder text, String title, List<String> rules) {
    List<String> columns = columns(rules);
    text.append("\n## ").append(title).append("\n\n| Rule | Where | Tests |");
    columns.forEach(variant -> text.append(' ').append(variant).append(" |"));
    text.append(" Remark |\n|---|---|---|").append("---|".repeat(columns.size())).append("---|\n");
    for (String rule : new ArrayList<>(new LinkedHashSet<>(rules))) {
      text.append("| ").append(rule);
      text.append(" | ").append(list(kept.get(rule)));
      text.append(" | ").append(list(tested.get(rule)));
      for (String variant : columns) {
        text.append(" | ").append(cell(rule, variant));
      }
      String excuse = notes.excuses().get(rule);
      String remark = excuse == null ? notes.remarks().getOrDefault(rule, "") : excuse;
      String same = notes.same().get(rule);
      remark = same == null ? remark : "says what " + same + " says";
      text.append(" | ").append(remark).append(" |\n");
    }
  }

  /** Variants with a cell in any of these rows. */
  private List<String> columns(List<String> rules) {
    return VARIANTS.stream()
        .filter(variant -> rules.stream().anyMatch(rule -> !cell(rule, variant).isEmpty()))
        .toList();
  }

  private String cell(String rule, String variant) {
    String defect = notes.defects().getOrDefault(rule, Map.of()).get(variant);
    if (defect != null) {
      return "defect: " + defect;
    }
    String family = rule.substring(0, rule.indexOf('-'));
    boolean about =
        APPLY.getOrDefault(family, Set.of()).contains(variant) || DRIVER.contains(family);
    return about && !notes.excuses().containsKey(rule) ? "holds" : "";
  }

  private static String list(@Nullable Collection<String> classes) {
    return classes == null
        ? ABSENT
        : new TreeSet<>(classes).stream().collect(Collectors.joining(" "));
  }
}
