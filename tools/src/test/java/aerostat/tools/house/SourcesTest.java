package aerostat.tools.house;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.devices.balloon.BalloonProperty;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/sources.md: what the source documents say, and the test or command that shows it here. */
class SourcesTest {
  private static final Map<String, String> DOCUMENTS = new LinkedHashMap<>();

  static {
    DOCUMENTS.put("S000", "The merged hint commit, 86a559787e (October 2018)");
    DOCUMENTS.put("S001", "Bug 1811259, comment 4");
    DOCUMENTS.put("S002", "The cover letter of the v28 series");
    DOCUMENTS.put("S003", "The specification's patch for free page reporting");
    DOCUMENTS.put("S004", "The series of 2016, GET_FREE_PAGES, with its discussion");
  }

  /** An item of a document. */
  private record Item(String document, String kind, String what, String tests, String command) {
    boolean excused() {
      return tests.startsWith("–: ");
    }
  }

  private final Path root = ProjectRoot.find();
  private final List<Item> items = items();

  SourcesTest() throws IOException {}

  @Test
  void thePageIsCurrent() throws IOException {
    Path file = root.resolve("docs/sources.md");
    if (Boolean.getBoolean("aerostat.update")) {
      Files.writeString(file, toMarkdown());
    } else {
      assertThat(Files.readString(file)).as("docs/sources.md is stale").isEqualTo(toMarkdown());
    }
  }

  @Test
  void theTestsExist() throws IOException {
    Set<String> known = new TreeSet<>();
    for (String module : new String[] {"mmio", "devices", "guest", "vmm", "tools"}) {
      try (Stream<Path> walk = Files.walk(root.resolve(module).resolve("src/test/java"))) {
        walk.map(p -> String.valueOf(p.getFileName()))
            .filter(name -> name.endsWith("Test.java"))
            .forEach(name -> known.add(module + "/" + name.replace(".java", "")));
      }
    }
    assertThat(items)
        .hasSizeGreaterThan(60)
        .filteredOn(item -> !item.excused())
        .allSatisfy(item -> assertThat(known).contains(item.tests().split(" ")));
    assertThat(items.stream().map(Item::document).distinct().toList())
        .isEqualTo(List.copyOf(DOCUMENTS.keySet()));
  }

  /** Command words are those of some command class, drivers are variants, properties exist. */
  @Test
  void theCommandsExist() throws IOException {
    Set<String> commands = new TreeSet<>();
    Pattern name = Pattern.compile("name = \"(\\w+)\"");
    for (String module : new String[] {"vmm", "tools"}) {
      try (Stream<Path> walk = Files.walk(root.resolve(module).resolve("src/main/java"))) {
        for (Path file : walk.filter(p -> p.toString().endsWith("Command.java")).toList()) {
          Matcher matcher = name.matcher(Files.readString(file));
          while (matcher.find()) {
            commands.add(matcher.group(1));
          }
        }
      }
    }
    for (Item item : items) {
      if (item.command().isEmpty()) {
        continue;
      }
      List<String> words = List.of(item.command().split(" "));
      assertThat(words.getFirst()).isEqualTo("aerostat");
      assertThat(commands).contains(words.get(1));
      if (words.get(1).equals("bench")) {
        assertThat(commands).contains(words.get(2));
      }
      int driver = words.indexOf("--driver");
      if (driver > 0) {
        assertThat(RuleTable.VARIANTS).contains(words.get(driver + 1));
      }
      int balloon = words.indexOf("--balloon");
      if (balloon > 0) {
        for (String property : words.get(balloon + 1).split(",")) {
          assertThat(BalloonProperty.named(property.replaceFirst("=.*", ""))).isPresent();
        }
      }
    }
  }

  private String toMarkdown() {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        # What the source documents say, and where it is shown

        Made by `SourcesTest` from `sources.tsv` beside it (`-Daerostat.update=true` makes it anew), which checks that tests, commands, drivers and balloon properties exist. Every
        behaviour, figure, item of a change log and question of a reviewer, in our own words. Tests are module/class; commands are to be run by hand.
        """);
    DOCUMENTS.forEach(
        (document, title) -> {
          text.append("\n## ").append(document).append(" · ").append(title);
          text.append("\n\n| Kind | What | Tests | Command |\n|---|---|---|---|\n");
          for (Item item : items) {
            if (item.document().equals(document)) {
              text.append(
                  "| %s | %s | %s | %s |\n"
                      .formatted(
                          item.kind(),
                          item.what(),
                          item.tests(),
                          item.command().isEmpty() ? "" : "`" + item.command() + "`"));
            }
          }
        });
    return text.toString();
  }

  private static List<Item> items() throws IOException {
    List<Item> items = new ArrayList<>();
    try (InputStream in = SourcesTest.class.getResourceAsStream("sources.tsv")) {
      String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      for (String line : text.lines().filter(l -> !l.startsWith("#")).toList()) {
        String[] cells = line.split("\t", -1);
        assertThat(cells).as(line).hasSize(5);
        items.add(new Item(cells[0], cells[1], cells[2], cells[3], cells[4]));
      }
    }
    return items;
  }
}
