package aerostat.tools.mutants;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
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

  private final Path root = projectRoot();
  private final Path list = list();
  private final List<Mutant> mutants = read();

  @Test
  @DisplayName("every mutant changes one line that is there, for a test that is there")
  void everyMutantApplies() throws IOException {
    for (Mutant mutant : mutants) {
      assertThat(mutant.rule()).matches("(EDGE|HINT|REPORT|POISON|MIG)-\\d\\d");
      assertThat(mutant.apply(Files.readString(mutant.sourceFile(root))))
          .as("%s: %s in %s", mutant.rule(), mutant.original(), mutant.source())
          .isNotNull();
      String[] test = mutant.selector().split("#", 2);
      Path file =
          root.resolve(mutant.testModule())
              .resolve("src/test/java")
              .resolve(test[0].replace('.', '/') + ".java");
      assertThat(file).as(mutant.rule()).exists();
      assertThat(Files.readString(file))
          .as(mutant.rule())
          .contains(test.length == 1 ? "@Test" : "void " + test[1] + "(");
    }
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
    Matcher ids = RULE.matcher(Files.readString(root.resolve("docs/rules.md")));
    while (ids.find()) {
      open.add(ids.group(1));
    }
    assertThat(open).hasSize(137);
    Set<String> named = new TreeSet<>(Mutant.impossible(list).keySet());
    mutants.forEach(mutant -> named.add(mutant.rule()));
    open.removeAll(named);
    assertThat(open).as("not in mutants.tsv").isEmpty();
  }

  @Test
  @DisplayName("the mutants that are tried are noticed")
  void mutantsAreNoticed() throws Exception {
    boolean all = System.getProperty("aerostat.mutants", "part").equals("all");
    long seed = Long.getLong("aerostat.mutants.seed", LocalDate.now(ZoneOffset.UTC).toEpochDay());
    List<Mutant> order = new ArrayList<>(mutants);
    Collections.shuffle(order, new Random(seed));
    MutantRunner runner = new MutantRunner(root);
    long begin = System.nanoTime();
    int tried = 0;
    List<String> unnoticed = new ArrayList<>();
    for (Mutant mutant : order) {
      if (!all && System.nanoTime() - begin > BUDGET_NANOS) {
        break;
      }
      tried++;
      MutantRunner.Fate fate = runner.run(mutant);
      if (fate != MutantRunner.Fate.KILLED) {
        unnoticed.add(fate + ": " + mutant);
      }
    }
    System.out.printf("mutants: %d of %d tried, seed %d%n", tried, mutants.size(), seed);
    assertThat(unnoticed).isEmpty();
    assertThat(tried).isPositive();
  }

  private static Path list() {
    try {
      return Path.of(Objects.requireNonNull(MutantsTest.class.getResource("mutants.tsv")).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<Mutant> read() {
    try {
      return Mutant.read(list);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path projectRoot() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("docs/rules.md"))) {
      folder = Objects.requireNonNull(folder.getParent(), "not inside the project");
    }
    return folder;
  }
}
