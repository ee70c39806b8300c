package aerostat.vmm.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import aerostat.vmm.image.rewrite.Rewriter;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Calls of inherited methods in builds that javac has not seen as one: G22, G15. */
class InheritanceTest {
  private static final Map<String, String> SOURCES =
      Map.of(
          "t.A",
          "package t; interface A { default int f() { return 1; } }",
          "t.B",
          "package t; interface B extends A { int g(); }",
          "t.R",
          "package t; record R() implements B { public int g() { return 3; } }");

  /** The entry and these classes, of which some are replaced by others that javac never sees. */
  private static Refusal first(Map<String, String> sources, String laterName, String later) {
    Map<String, String> texts = new TreeMap<>(RefusalCase.COMMON);
    texts.putAll(SOURCES);
    texts.putAll(sources);
    Map<String, byte[]> classes = TestImages.machine();
    classes.putAll(JavaSource.compile(texts));
    Rewriter.rewrite(GuestImage.fromClasses(classes, "t.Entry"), Rewriter.Options.VM);
    Map<String, byte[]> replaced =
        JavaSource.compile(Map.of("t.A", SOURCES.getOrDefault("t.A", ""), laterName, later));
    classes.put(
        laterName.replace('.', '/'),
        replaced.getOrDefault(laterName.replace('.', '/'), new byte[0]));
    GuestImage image = GuestImage.fromClasses(classes, "t.Entry");
    ImageRefusedException e =
        catchThrowableOfType(
            ImageRefusedException.class, () -> Rewriter.rewrite(image, Rewriter.Options.VM));
    assertThat(e).isNotNull();
    assertThat(e).hasMessageNotContaining(Rewriter.INTERNAL_ERROR);
    return e.refusals().getFirst();
  }

  @Hostile(HostileKind.CODE)
  @Test
  void abstractAgainLowerDown() {
    Refusal r =
        first(
            Map.of("t.U", "package t; class U { static int u() { return new R().f(); } }"),
            "t.B",
            "package t; interface B extends A { int g(); int f(); }");
    assertThat(r.rule()).isEqualTo(Rule.OPS);
    assertThat(r.className()).isEqualTo("t.U");
    assertThat(r.found()).isEqualTo("call of t.R.f, which has no single implementation");
  }

  @Hostile(HostileKind.CODE)
  @Test
  void twoDefaultMethodsOfWhichNeitherOverrides() {
    Refusal r =
        first(
            Map.of(
                "t.C", "package t; interface C {}",
                "t.D", "package t; record D() implements A, C {}",
                "t.U", "package t; class U { static int u() { return new D().f(); } }"),
            "t.C",
            "package t; interface C { default int f() { return 2; } }");
    assertThat(r.rule()).isEqualTo(Rule.OPS);
    assertThat(r.className()).isEqualTo("t.U");
  }

  /** The lambda's code stood behind the other abstract method too. */
  @Hostile(HostileKind.CODE)
  @Test
  void lambdaOfAnInterfaceWithTwoAbstractMethods() {
    Refusal r =
        first(
            Map.of(
                "t.C", "package t; interface C extends B {}",
                "t.U", "package t; class U { static int u() { C c = () -> 4; return c.f(); } }"),
            "t.B",
            "package t; interface B extends A { int g(); int f(); }");
    assertThat(r.rule()).isEqualTo(Rule.LAMBDAS);
    assertThat(r.className()).isEqualTo("t.U");
  }
}
