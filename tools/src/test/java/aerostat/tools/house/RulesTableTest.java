package aerostat.tools.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/rules.md agrees with the reference, the classes and the tests. */
class RulesTableTest {
  private static final Pattern SECTION = Pattern.compile("##+ ([A-Z](?:\\.\\d)?)[. ].*");
  private static final Pattern RULE =
      Pattern.compile(
          "(?:- |\\| )((?:UAPI|CLASSIC|STATS|HINT|POISON|REPORT|MM|DEV|MMIO|EDGE)-\\d\\d) .*");
  private static final String ABSENT = "–";

  /** A row of the table. */
  private record Row(String rule, String where, String tests, String remark) {
    boolean kept() {
      return !where.equals(ABSENT);
    }
  }

  private final Path root = projectRoot();
  private final List<Row> rows = rows();

  RulesTableTest() throws IOException {}

  @Test
  void everyRuleOfTheSectionsHasItsRow() throws IOException {
    assertThat(rows.stream().map(Row::rule).toList()).isEqualTo(expectedRules());
  }

  @Test
  void aRuleThatIsNotKeptHasAReason() {
    assertThat(rows.stream().filter(row -> !row.kept()))
        .isNotEmpty()
        .allSatisfy(
            row -> {
              assertThat(row.tests()).as(row.rule()).isEqualTo(ABSENT);
              assertThat(row.remark()).as(row.rule()).isNotBlank();
            });
  }

  @Test
  void theClassesThatKeepARuleExist() {
    assertThat(rows.stream().filter(Row::kept))
        .hasSizeGreaterThan(100)
        .allSatisfy(
            row -> {
              for (String name : row.where().split(" ")) {
                assertThat(source(name, "main")).as(row.rule() + " in " + name).isNotEmpty();
              }
            });
  }

  @Test
  void theTestsNameTheRule() {
    assertThat(rows.stream().filter(Row::kept))
        .allSatisfy(
            row -> {
              for (String name : row.tests().split(" ")) {
                assertThat(source(name, "test"))
                    .as("%s named by %s", row.rule(), name)
                    .anyMatch(text -> names(text, row.rule()));
              }
            });
  }

  /** CLASSIC-03, classic03 or CLASSIC03, but not MMIO-DEV-03 for DEV-03. */
  private static boolean names(String text, String rule) {
    String id = rule.replace("-", "-?");
    return Pattern.compile("(?i)(?<![a-z-])" + id + "(?!\\d)").matcher(text).find();
  }

  /** The texts of module/Class; more than one where packages differ. */
  private List<String> source(String name, String kind) throws IOException {
    assertThat(name).matches("[a-z]+/\\w+");
    Path sources = root.resolve(name.substring(0, name.indexOf('/'))).resolve("src/" + kind);
    String file = name.substring(name.indexOf('/') + 1) + ".java";
    List<String> texts = new ArrayList<>();
    try (Stream<Path> walk = Files.walk(sources.resolve("java"))) {
      for (Path path : walk.filter(p -> p.endsWith(file)).toList()) {
        texts.add(Files.readString(path));
      }
    }
    return texts;
  }

  private List<Row> rows() throws IOException {
    List<Row> found = new ArrayList<>();
    for (String line : Files.readAllLines(root.resolve("docs/rules.md"))) {
      if (RULE.matcher(line).matches()) {
        String[] cells = line.split("\\|", -1);
        assertThat(cells).as(line).hasSize(6);
        found.add(new Row(cells[1].strip(), cells[2].strip(), cells[3].strip(), cells[4].strip()));
      }
    }
    return found;
  }

  private List<String> expectedRules() throws IOException {
    List<String> rules = new ArrayList<>();
    String section = "";
    for (String line : Files.readAllLines(root.resolve("docs/reference/balloon-facts.md"))) {
      Matcher heading = SECTION.matcher(line);
      if (heading.matches()) {
        section = heading.group(1);
      }
      Matcher rule = RULE.matcher(line);
      if (rule.matches()
          && (section.equals("C.3") || "ABDEFHI".contains(section.substring(0, 1)))) {
        rules.add(rule.group(1));
      }
    }
    return rules;
  }

  private static Path projectRoot() {
    Path dir = Path.of("").toAbsolutePath();
    while (!Files.exists(dir.resolve("docs/reference"))) {
      dir = Objects.requireNonNull(dir.getParent(), "docs/reference is in no folder above");
    }
    return dir;
  }
}
