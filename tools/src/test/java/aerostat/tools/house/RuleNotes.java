package aerostat.tools.house;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What no scan can know, from rules.tsv: why a rule is not kept, what is to be said of one that is,
 * and which driver variant breaks it in the manner of its era.
 *
 * @param excuses reason by rule
 * @param remarks by rule
 * @param same by rule: another that says the same, whose tests are its tests
 * @param defects by rule: variant to the test that shows it
 */
record RuleNotes(
    Map<String, String> excuses,
    Map<String, String> remarks,
    Map<String, String> same,
    Map<String, Map<String, String>> defects) {
  static RuleNotes read() throws IOException {
    RuleNotes notes =
        new RuleNotes(new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
    try (InputStream in = RuleNotes.class.getResourceAsStream("rules.tsv")) {
      String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      text.lines().filter(line -> !line.startsWith("#") && !line.isBlank()).forEach(notes::add);
    }
    return notes;
  }

  private void add(String line) {
    String[] cells = line.split("\t", -1);
    if (cells.length < 3) {
      throw new AssertionError("rules.tsv: " + line);
    }
    String rule = cells[0];
    switch (cells[1]) {
      case "excuse" -> put(excuses, rule, cells[2]);
      case "remark" -> put(remarks, rule, cells[2]);
      case "same" -> put(same, rule, cells[2]);
      case "defect" ->
          put(defects.computeIfAbsent(rule, r -> new LinkedHashMap<>()), cells[2], cells[3]);
      default -> throw new AssertionError("rules.tsv: " + line);
    }
  }

  private static void put(Map<String, String> map, String key, String value) {
    if (map.put(key, value) != null) {
      throw new AssertionError("rules.tsv has two of a kind for " + key);
    }
  }
}
