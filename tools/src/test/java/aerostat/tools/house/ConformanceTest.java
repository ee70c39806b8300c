package aerostat.tools.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * docs/conformance.md is made of the clauses in docs/reference/virtio-conformance.tsv, the verdicts
 * in docs/conformance.tsv and the clause ids that test sources name. {@code -Daerostat.update=true}
 * writes it.
 */
class ConformanceTest {
  private static final Pattern ID =
      Pattern.compile(
          "\\b(?:BASE|FEAT|SPLIT|PACKED|MMIO|BALLOON)-(?:DRV|DEV|LEG|TXT)-\\d\\d\\b|\\bCONF-\\d\\d\\b");
  private static final Set<String> VERDICTS = Set.of("met", "n.a.", "departs", "by construction");

  private record Clause(
      String id, String section, String side, String level, String condition, String text) {
    boolean binding() {
      return level.startsWith("MUST");
    }
  }

  private record Verdict(String verdict, List<String> tests, String note) {}

  private final Path root = ProjectRoot.find();
  private final List<Clause> clauses = new ArrayList<>();
  private final Map<String, Verdict> verdicts = new LinkedHashMap<>();
  private final Map<String, String> sources = new TreeMap<>();
  private final Map<String, Set<String>> citing = new TreeMap<>();

  /** What stands in the document for a clause's mutant, or for its having none. */
  private final Map<String, String> mutants = new TreeMap<>();

  private final Set<String> mutated = new TreeSet<>();

  ConformanceTest() throws IOException {
    for (String[] cells : table("docs/reference/virtio-conformance.tsv", 6)) {
      clauses.add(new Clause(cells[0], cells[1], cells[2], cells[3], cells[4], cells[5]));
    }
    for (String[] cells : table("docs/conformance.tsv", 4)) {
      List<String> tests = cells[2].isBlank() ? List.of() : List.of(cells[2].split(" "));
      for (String id : cells[0].split(" ")) {
        Verdict before = verdicts.put(id, new Verdict(cells[1], tests, cells[3]));
        assertThat(before).as(id + " stands twice").isNull();
      }
    }
    readTests();
    readMutants(root.resolve("tools/src/test/resources/aerostat/tools/mutants/clauses.tsv"));
  }

  private void readMutants(Path file) throws IOException {
    for (String line : Files.readAllLines(file)) {
      String[] cells = line.split("\t", -1);
      if (line.startsWith("#")) {
        continue;
      }
      boolean none = cells[1].equals("none");
      for (String id : cells[0].split(" ")) {
        mutants.put(id, none ? "none: " + cells[2] : simple(cells[1]) + ", " + simple(cells[4]));
        if (!none) {
          mutated.add(id);
        }
      }
    }
  }

  /** module/package.Class#method or module/package/Class, without the package. */
  private static String simple(String name) {
    return name.replaceAll("(?<=/).*[./](?=\\w+(#|$))", "");
  }

  @Test
  void everyVerdictIsOfAClauseAndHasWhatItNeeds() {
    Set<String> ids = clauses.stream().map(Clause::id).collect(Collectors.toSet());
    assertThat(ids).containsAll(verdicts.keySet());
    verdicts.forEach(
        (id, verdict) -> {
          assertThat(VERDICTS).as(id).contains(verdict.verdict());
          if (verdict.verdict().equals("met")) {
            assertThat(verdict.tests()).as(id).isNotEmpty();
          } else {
            assertThat(verdict.note()).as(id + ": the reason").isNotBlank();
          }
        });
  }

  @Test
  void everyTestThatIsNamedExists() {
    verdicts.forEach(
        (id, verdict) ->
            verdict
                .tests()
                .forEach(
                    test -> {
                      String[] parts = test.split("#");
                      assertThat(sources).as(id).containsKey(parts[0]);
                      if (parts.length > 1) {
                        assertThat(sources.get(parts[0])).as(id).contains("void " + parts[1] + "(");
                      }
                    }));
  }

  @Test
  void everyMustHasATestOrAReason() {
    assertThat(clauses.stream().filter(Clause::binding).map(Clause::id))
        .hasSizeGreaterThan(300)
        .allMatch(id -> verdicts.containsKey(id) || citing.containsKey(id));
  }

  @Test
  void everyClauseThatBindsOrAdvisesHasAMutantOrAReason() {
    assertThat(
            clauses.stream()
                .filter(clause -> clause.binding() || clause.level().startsWith("SHOULD"))
                .filter(clause -> !verdict(clause).equals("n.a."))
                .map(Clause::id)
                .filter(id -> !mutants.containsKey(id)))
        .as("not in clauses.tsv")
        .isEmpty();
    assertThat(mutants.values()).noneMatch("none: "::equals);
  }

  @Test
  void ofTheShouldsThatApplyNearlyAllAreMet() {
    List<String> apply =
        clauses.stream()
            .filter(clause -> clause.level().startsWith("SHOULD"))
            .map(this::verdict)
            .filter(verdict -> !verdict.equals("n.a."))
            .toList();
    long met = apply.stream().filter(ConformanceTest::isMet).count();
    assertThat((double) met / apply.size()).isGreaterThan(0.95);
  }

  private static boolean isMet(String verdict) {
    return verdict.equals("met") || verdict.equals("by construction");
  }

  @Test
  void theDocumentIsTrue() throws IOException {
    Path file = root.resolve("docs/conformance.md");
    String made = document();
    if (Boolean.getBoolean("aerostat.update")) {
      Files.writeString(file, made);
    }
    assertThat(Files.readString(file))
        .as("docs/conformance.md: run this test with -Daerostat.update=true")
        .isEqualTo(made);
  }

  private String document() {
    Map<String, Long> counts =
        clauses.stream()
            .collect(Collectors.groupingBy(this::verdict, TreeMap::new, Collectors.counting()));
    StringBuilder text =
        new StringBuilder(
            """
            # Conformance to virtio 1.4

            Generated by `ConformanceTest` from the clauses in [reference/virtio-conformance.tsv](reference/virtio-conformance.tsv), the
            verdicts in [conformance.tsv](conformance.tsv) and the clauses that tests name; the build fails where a MUST or MUST NOT has
            neither a test nor a reason, and where one of them, or a SHOULD (NOT), applies and has neither a [mutant](mutants.md) nor a
            reason for having none. Column mutant: the class in which one line is changed, and the test that notices; of a departure
            what is changed is what stands in the note. Departures are deliberate: what Linux or QEMU do instead stands beside them.
            Clauses that permit (MAY) are left out unless a test names them.

            """);
    text.append("| verdict | clauses |\n|---|---|\n");
    counts.forEach((verdict, n) -> text.append("| %s | %d |\n".formatted(verdict, n)));
    text.append(shares());
    String section = "";
    for (Clause clause : clauses) {
      String verdict = verdict(clause);
      if (verdict.equals("permitted")) {
        continue;
      }
      String family = clause.id().replaceAll("-\\d+$", "");
      if (!family.equals(section)) {
        section = family;
        text.append("\n## ").append(family).append("\n\n");
        text.append(
            "| clause | side | level | verdict | tests | mutant | note |\n"
                + "|---|---|---|---|---|---|---|\n");
      }
      Verdict found = verdicts.get(clause.id());
      text.append(
          "| %s | %s | %s | %s | %s | %s | %s |\n"
              .formatted(
                  clause.id(),
                  clause.side(),
                  clause.level(),
                  verdict,
                  String.join(" ", tests(clause.id())),
                  mutants.getOrDefault(clause.id(), ""),
                  found == null ? "" : found.note()));
    }
    return text.toString();
  }

  /** How far clauses of each level are met, and how many have a mutant, or a reason for none. */
  private String shares() {
    StringBuilder text = new StringBuilder();
    text.append(
        "\n| level | apply | met, or by construction | with a mutant | with a reason for none |\n");
    text.append("|---|---|---|---|---|\n");
    for (String level : List.of("MUST", "SHOULD")) {
      List<Clause> apply =
          clauses.stream()
              .filter(clause -> clause.level().startsWith(level) && !verdict(clause).equals("n.a."))
              .toList();
      text.append(
          "| %s (NOT) | %d | %d | %d | %d |\n"
              .formatted(
                  level,
                  apply.size(),
                  apply.stream().filter(clause -> isMet(verdict(clause))).count(),
                  apply.stream().filter(clause -> mutated.contains(clause.id())).count(),
                  apply.stream()
                      .filter(clause -> mutants.containsKey(clause.id()))
                      .filter(clause -> !mutated.contains(clause.id()))
                      .count()));
    }
    return text.toString();
  }

  private String verdict(Clause clause) {
    Verdict found = verdicts.get(clause.id());
    if (found != null) {
      return found.verdict();
    }
    if (citing.containsKey(clause.id())) {
      return "met";
    }
    return clause.level().equals("MAY") ? "permitted" : "open";
  }

  /** Those the table names; else the classes that name the clause. */
  private Set<String> tests(String id) {
    Verdict found = verdicts.get(id);
    return found == null ? citing.getOrDefault(id, Set.of()) : new TreeSet<>(found.tests());
  }

  private void readTests() throws IOException {
    for (String module : List.of("mmio", "devices", "guest", "vmm", "tools")) {
      try (Stream<Path> walk = Files.walk(root.resolve(module).resolve("src/test/java"))) {
        for (Path path : walk.filter(p -> p.toString().endsWith("Test.java")).toList()) {
          String name = module + "/" + path.getFileName().toString().replace(".java", "");
          String text = Files.readString(path);
          sources.merge(name, text, String::concat);
          Matcher cited = ID.matcher(text);
          while (cited.find()) {
            citing.computeIfAbsent(cited.group(), id -> new TreeSet<>()).add(name);
          }
        }
      }
    }
  }

  private List<String[]> table(String file, int columns) throws IOException {
    List<String[]> rows = new ArrayList<>();
    for (String line : Files.readAllLines(root.resolve(file)).stream().skip(1).toList()) {
      String[] cells = line.split("\t", -1);
      assertThat(cells).as(line).hasSize(columns);
      rows.add(cells);
    }
    return rows;
  }
}
