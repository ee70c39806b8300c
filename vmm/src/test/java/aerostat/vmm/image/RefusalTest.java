package aerostat.vmm.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.vmm.image.rewrite.Rewriter;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What ordinary Java can say and guest code must not: each is refused with place and rule. */
class RefusalTest {
  private static final List<RefusalCase> CASES =
      Stream.of(CallRefusals.all(), TypeRefusals.all(), EscapeRefusals.all())
          .flatMap(List::stream)
          .toList();
  private static final Map<String, byte[]> CLASSES = compile();

  private static Map<String, byte[]> compile() {
    Map<String, String> sources = new TreeMap<>(RefusalCase.COMMON);
    CASES.forEach(c -> sources.put(c.className(), c.source()));
    return JavaSource.compile(sources);
  }

  static Stream<RefusalCase> cases() {
    return CASES.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isRefused(RefusalCase c) {
    Map<String, byte[]> classes = TestImages.machine();
    String internal = c.className().replace('.', '/');
    CLASSES.forEach(
        (name, bytes) -> {
          if (!name.startsWith("t/C_")
              || name.equals(internal)
              || name.startsWith(internal + "$")) {
            classes.put(name, bytes);
          }
        });
    GuestImage image = GuestImage.fromClasses(classes, "t.Entry");
    assertThatThrownBy(() -> Rewriter.rewrite(image, Rewriter.Options.VM))
        .isInstanceOfSatisfying(
            ImageRefusedException.class,
            e ->
                assertThat(e.refusals())
                    .anySatisfy(
                        r -> {
                          assertThat(r.rule()).isEqualTo(c.rule());
                          assertThat(r.className()).startsWith(c.className());
                          assertThat(r.method()).isEqualTo(c.method());
                          if (c.line() > 0) {
                            assertThat(r.line()).isEqualTo(c.line());
                          }
                          assertThat(e).hasMessageContaining(r.rule().id());
                        }));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aCaseHasALineWhereItCan(RefusalCase c) {
    boolean code = Arrays.stream(c.source().split("\n", -1)).anyMatch(l -> l.contains("// HERE"));
    assertThat(c.line() > 0).isEqualTo(code);
  }
}
