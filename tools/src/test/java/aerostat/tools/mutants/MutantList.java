package aerostat.tools.mutants;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.tools.house.ProjectRoot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/**
 * A file of mutants beside these tests.
 *
 * @param root of the project
 */
record MutantList(Path root, Path file, List<Mutant> mutants) {
  static MutantList named(String name) {
    try {
      Path file = Path.of(Objects.requireNonNull(MutantList.class.getResource(name)).toURI());
      return new MutantList(ProjectRoot.find(), file, Mutant.read(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Every mutant changes one line that is there, for a test that is there. */
  void assertApply() throws IOException {
    for (Mutant mutant : mutants) {
      assertThat(mutant.apply(Files.readString(mutant.sourceFile(root))))
          .as("%s: %s in %s", mutant.rule(), mutant.original(), mutant.source())
          .isNotNull();
      String[] test = mutant.selector().split("#", 2);
      Path tests =
          root.resolve(mutant.testModule())
              .resolve("src/test/java")
              .resolve(test[0].replace('.', '/') + ".java");
      assertThat(tests).as(mutant.rule()).exists();
      assertThat(Files.readString(tests))
          .as(mutant.rule())
          .contains(test.length == 1 ? "@Test" : "void " + test[1] + "(");
    }
  }

  /** Tries as many as the time allows, or all with {@code -Pmutants}: each must be noticed. */
  void assertNoticed(long budgetNanos) throws IOException, InterruptedException {
    boolean all = System.getProperty("aerostat.mutants", "part").equals("all");
    long seed = Long.getLong("aerostat.mutants.seed", LocalDate.now(ZoneOffset.UTC).toEpochDay());
    List<Mutant> order = new ArrayList<>(mutants);
    Collections.shuffle(order, new Random(seed));
    MutantRunner runner = new MutantRunner(root);
    long begin = System.nanoTime();
    int tried = 0;
    List<String> unnoticed = new ArrayList<>();
    for (Mutant mutant : order) {
      if (!all && System.nanoTime() - begin > budgetNanos) {
        break;
      }
      tried++;
      MutantRunner.Fate fate = runner.run(mutant);
      if (fate != MutantRunner.Fate.KILLED) {
        unnoticed.add(fate + ": " + mutant);
      }
    }
    System.out.printf(
        "%s: %d of %d tried, seed %d%n", file.getFileName(), tried, mutants.size(), seed);
    assertThat(unnoticed).isEmpty();
    assertThat(tried).isPositive();
  }
}
