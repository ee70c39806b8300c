package aerostat.vmm.image;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.ProjectDocs;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * docs/sandbox.md has the table of hostile images; with {@code -Daerostat.update=true} it is
 * written.
 */
class SandboxDocumentTest {
  private static final String BEGIN = "<!-- table: SandboxDocumentTest -->\n";
  private static final String END = "<!-- end of table -->\n";
  private static final int GOAL = 150;

  private static final List<Class<?>> TESTS =
      List.of(
          BootstrapRefusalTest.class,
          CostlyImageTest.class,
          HostileImageTest.class,
          InheritanceTest.class,
          LyingStackMapsTest.class,
          MalformedAttributesTest.class,
          MalformedCodeTest.class,
          MalformedImageTest.class,
          OddCodeTest.class,
          RunawayGuestTest.class);

  /** In a package that this one does not see. */
  private static final List<String> OTHER_TESTS =
      List.of("aerostat.vmm.machine.HostileFrameTest", "aerostat.vmm.machine.HostileGuestTest");

  private record Row(Map<String, Integer> ends, Set<String> tests) {
    Row() {
      this(new TreeMap<>(), new TreeSet<>());
    }

    void add(String end, int images, String test) {
      ends.merge(end, images, Integer::sum);
      tests.add(test);
    }
  }

  private final Map<HostileKind, Row> rows = new EnumMap<>(HostileKind.class);

  private Row row(HostileKind kind) {
    return rows.computeIfAbsent(kind, k -> new Row());
  }

  private void count(Class<?> test) {
    for (Method method : test.getDeclaredMethods()) {
      Hostile hostile = method.getAnnotation(Hostile.class);
      if (hostile != null) {
        row(hostile.value()).add(hostile.ends(), hostile.images(), test.getSimpleName());
      }
    }
  }

  private static HostileKind kind(RefusalCase c) {
    return switch (c.rule()) {
      case NO_ARRAYS, NO_OBJECTS -> HostileKind.ALLOCATION;
      case NO_CONSTANT_DYNAMIC -> HostileKind.CONSTANT_DYNAMIC;
      case BOUNDED -> HostileKind.LOOPS;
      default -> HostileKind.LANGUAGE;
    };
  }

  private void countAll() throws ReflectiveOperationException {
    TESTS.forEach(this::count);
    for (String name : OTHER_TESTS) {
      count(Class.forName(name));
    }
    EscapeRefusals.byKind()
        .forEach((kind, cases) -> row(kind).add("refused", cases.size(), "RefusalTest"));
    CallRefusals.all().forEach(c -> row(kind(c)).add("refused", 1, "RefusalTest"));
    TypeRefusals.all().forEach(c -> row(kind(c)).add("refused", 1, "RefusalTest"));
  }

  private int total() {
    return rows.values().stream()
        .flatMap(r -> r.ends().values().stream())
        .mapToInt(Integer::intValue)
        .sum();
  }

  private String table() {
    StringBuilder text =
        new StringBuilder("| kind | images | how each ends | tests |\n|---|---|---|---|\n");
    rows.forEach(
        (kind, row) -> {
          int images = row.ends().values().stream().mapToInt(Integer::intValue).sum();
          StringBuilder ends = new StringBuilder();
          row.ends()
              .forEach(
                  (end, count) ->
                      ends.append(ends.isEmpty() ? "" : ", ")
                          .append(count)
                          .append(' ')
                          .append(end));
          text.append(
              "| %s | %d | %s | %s |\n"
                  .formatted(kind.title(), images, ends, String.join(", ", row.tests())));
        });
    return text.append("| all | %d | | |\n".formatted(total())).toString();
  }

  @Test
  void theTableIsTrue() throws Exception {
    countAll();
    assertThat(rows).containsOnlyKeys(HostileKind.values());
    assertThat(total()).isGreaterThanOrEqualTo(GOAL);
    Path file = ProjectDocs.page("sandbox.md");
    String text = Files.readString(file);
    int begin = text.indexOf(BEGIN) + BEGIN.length();
    int end = text.indexOf(END);
    if (Boolean.getBoolean("aerostat.update")) {
      Files.writeString(file, text.substring(0, begin) + table() + text.substring(end));
      return;
    }
    assertThat(text.substring(begin, end)).isEqualTo(table());
  }

  @Test
  void theNumbersAreThoseOfTheTests() throws IOException {
    assertThat(MalformedAttributesTest.garbage()).hasSize(MalformedAttributesTest.IMAGES);
    assertThat(LyingStackMapsTest.lies()).hasSize(LyingStackMapsTest.IMAGES);
    assertThat(BootstrapRefusalTest.tricks()).hasSize(BootstrapRefusalTest.IMAGES);
  }
}
