package aerostat.tools.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A comment that cites a rule is only worth something while the rule can be looked up. */
class CitedRulesTest {
  private static final Pattern ID =
      Pattern.compile(
          "\\b(?:(?:UAPI|CLASSIC|STATS|BITMAP|WALK|HINT|HFIX|POISON|REPORT|MM|DEV|MIG|MMIO|EDGE)-\\d\\d"
              + "|(?:BASE|FEAT|SPLIT|PACKED|MMIO|BALLOON)-(?:DRV|DEV|LEG|TXT)-\\d\\d|CONF-\\d\\d)\\b");

  @Test
  void everyCitedRuleStandsInTheReference() throws IOException {
    Path root = ProjectRoot.find();
    Set<String> known = new TreeSet<>();
    for (Path file : files(root.resolve("docs/reference"), ".md", ".tsv")) {
      collect(file, known);
    }
    assertThat(known).hasSizeGreaterThan(500);

    Map<String, Path> unknown = new TreeMap<>();
    for (String module : new String[] {"mmio", "devices", "guest", "vmm", "tools", "docs"}) {
      for (Path file : files(root.resolve(module), ".java", ".md")) {
        Set<String> cited = new TreeSet<>();
        collect(file, cited);
        cited.removeAll(known);
        cited.forEach(id -> unknown.put(id, root.relativize(file)));
      }
    }
    assertThat(unknown).as("rule ids cited in sources but absent from docs/reference").isEmpty();
  }

  private static void collect(Path file, Set<String> into) throws IOException {
    Matcher matcher = ID.matcher(Files.readString(file));
    while (matcher.find()) {
      into.add(matcher.group());
    }
  }

  private static Iterable<Path> files(Path root, String... endings) throws IOException {
    try (Stream<Path> walk = Files.walk(root)) {
      return walk.filter(p -> !p.toString().contains("/target/"))
          .filter(p -> Stream.of(endings).anyMatch(e -> p.toString().endsWith(e)))
          .toList();
    }
  }
}
