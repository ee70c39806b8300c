package aerostat.tools.house;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Which rules of balloon-facts.md there are, and which sources name each. */
final class RuleScan {
  private static final String PREFIXES =
      "UAPI|CLASSIC|STATS|BITMAP|WALK|HINT|HFIX|POISON|REPORT|MM|DEV|MIG|MMIO|EDGE";
  private static final List<String> MODULES = List.of("mmio", "devices", "guest", "vmm", "tools");
  private static final Pattern HEADING = Pattern.compile("## ([A-I])\\. (.*)");
  private static final Pattern RULE =
      Pattern.compile("(?:- |\\| )((?:" + PREFIXES + ")-\\d\\d) .*");

  /** CLASSIC-03, classic03 or CLASSIC03, but not MMIO-DEV-03 for DEV-03. */
  private static final Pattern NAMED =
      Pattern.compile("(?i)(?<![a-z-])(" + PREFIXES + ")-?(\\d\\d)(?!\\d)");

  private RuleScan() {}

  /** Rules by the reference's sections, both in its order. */
  static Map<String, List<String>> rules(Path root) throws IOException {
    Map<String, List<String>> sections = new TreeMap<>();
    String section = "";
    for (String line : Files.readAllLines(root.resolve("docs/reference/balloon-facts.md"))) {
      Matcher heading = HEADING.matcher(line);
      if (heading.matches()) {
        section = heading.group(1) + ". " + heading.group(2);
      }
      Matcher rule = RULE.matcher(line);
      if (rule.matches()) {
        sections.computeIfAbsent(section, s -> new ArrayList<>()).add(rule.group(1));
      }
    }
    return sections;
  }

  /**
   * Classes that name a rule, as module/Class.
   *
   * @param kind main or test
   */
  static Map<String, SortedSet<String>> naming(Path root, String kind) throws IOException {
    Map<String, SortedSet<String>> classes = new TreeMap<>();
    for (String module : MODULES) {
      Path sources = root.resolve(module).resolve("src/" + kind + "/java");
      try (Stream<Path> walk = Files.walk(sources)) {
        for (Path file : walk.filter(p -> p.toString().endsWith(".java")).toList()) {
          String name = String.valueOf(file.getFileName()).replace(".java", "");
          Matcher named = NAMED.matcher(Files.readString(file));
          while (named.find()) {
            String rule = named.group(1).toUpperCase(Locale.ROOT) + "-" + named.group(2);
            classes.computeIfAbsent(rule, r -> new TreeSet<>()).add(module + "/" + name);
          }
        }
      }
    }
    return classes;
  }
}
