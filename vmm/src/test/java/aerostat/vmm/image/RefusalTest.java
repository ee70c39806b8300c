package aerostat.vmm.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.vmm.image.rewrite.Rewriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What ordinary Java can say and guest code must not: each is refused with place and rule. */
class RefusalTest {
  private static final String HEADER =
      """
      package t;
      import aerostat.guest.machine.*;
      """;

  /** The entry that each image has, and a pointer and an ops interface for the cases to use. */
  static final Map<String, String> COMMON =
      Map.of(
          "t.Entry",
              HEADER
                  + """
                  public final class Entry {
                    public static void start(long p) {}
                    public static void interrupt(int line) {}
                    public static void thread(long p) {}
                  }
                  """,
          "t.P", HEADER + "public record P(long address) { P next() { return this; } }",
          "t.Op", HEADER + "public interface Op { long go(int a, P p); }");

  private record Case(String name, Rule rule, String method, String source) {
    @Override
    public String toString() {
      return name;
    }

    String className() {
      return "t.C_" + name;
    }

    int line() {
      String[] lines = source.split("\n", -1);
      for (int i = 0; i < lines.length; i++) {
        if (lines[i].contains("// HERE")) {
          return i + 1;
        }
      }
      return 0;
    }
  }

  private static final List<Case> CASES = new ArrayList<>();
  private static final Map<String, byte[]> CLASSES = new HashMap<>();

  /** A case whose class body is given; {@code #} stands for the class's own name. */
  private static void body(String name, Rule rule, String method, String... lines) {
    type(name, rule, method, "final class #", lines);
  }

  private static void type(String name, Rule rule, String method, String head, String... lines) {
    String text = HEADER + head + " {\n  " + String.join("\n  ", lines) + "\n}\n";
    CASES.add(new Case(name, rule, method, text.replace("#", "C_" + name)));
  }

  static {
    body(
        "file",
        Rule.CALLS,
        "f",
        "static boolean f() {",
        "return new java.io.File(\"a\").exists(); // HERE",
        "}");
    body("thread", Rule.CALLS, "f", "static void f() {", "Thread.yield(); // HERE", "}");
    body(
        "newThread",
        Rule.NO_OBJECTS,
        "f",
        "static void f() {",
        "new Thread().start(); // HERE",
        "}");
    body("reflection", Rule.CALLS, "f", "static void f(P p) {", "p.getClass(); // HERE", "}");
    body(
        "classLiteral",
        Rule.NO_CONSTANT_DYNAMIC,
        "f",
        "static long f() {",
        "return P.class == null ? 1 : 2; // HERE",
        "}");
    body("system", Rule.CALLS, "f", "static long f() {", "return System.nanoTime(); // HERE", "}");
    body(
        "systemOut",
        Rule.NO_FIELDS,
        "f",
        "static void f() {",
        "System.out.println(1); // HERE",
        "}");
    body(
        "mathRandom", Rule.CALLS, "f", "static double f() {", "return Math.random(); // HERE", "}");
    body("mathSin", Rule.CALLS, "f", "static double f() {", "return Math.sin(1); // HERE", "}");
    body("mutableField", Rule.NO_FIELDS, "", "static int count;");
    body(
        "writtenField",
        Rule.NO_FIELDS,
        "f",
        "static int count;",
        "static void f() {",
        "count++; // HERE",
        "}");
    body("finalField", Rule.NO_FIELDS, "", "static final long T = Long.getLong(\"a\", 4);");
    body("instanceField", Rule.NO_FIELDS, "", "int x;");
    body(
        "initializer",
        Rule.NO_INITIALIZER,
        "<clinit>",
        "static {",
        "Cpu.safepoint(); // HERE",
        "}");
    body(
        "assertion",
        Rule.NO_INITIALIZER,
        "f",
        "static void f(int a) {",
        "assert a > 3; // HERE",
        "}");
    body(
        "synchronizedMethod",
        Rule.NO_MONITORS,
        "f",
        "static synchronized void f() {",
        "Cpu.safepoint(); // HERE",
        "}");
    body(
        "synchronizedBlock",
        Rule.NO_MONITORS,
        "f",
        "static void f(P p) {",
        "synchronized (String.class) { // HERE",
        "Cpu.safepoint(); } }");
    body("nativeMethod", Rule.NO_NATIVE, "f", "static native void f();");
    body(
        "captures",
        Rule.LAMBDAS,
        "f",
        "static Op f(int x) {",
        "return (a, p) -> a + x; // HERE",
        "}");
    body(
        "boundReference",
        Rule.LAMBDAS,
        "f",
        "interface Get { P get(); }",
        "static Get f(P p) {",
        "return p::next; // HERE",
        "}");
    body(
        "foreignLambda",
        Rule.LAMBDAS,
        "f",
        "static void f() {",
        "Runnable r = () -> {}; // HERE",
        "}");
    body(
        "foreignReference",
        Rule.LAMBDAS,
        "f",
        "interface Min { int min(int a, int b); }",
        "static Min f() {",
        "return Math::min; // HERE",
        "}");
    body(
        "widenedReference",
        Rule.LAMBDAS,
        "f",
        "interface Get { long get(int a); }",
        "static int g(int a) { return a; }",
        "static Get f() {",
        "return C_widenedReference::g; // HERE",
        "}");
    body(
        "constructorReference",
        Rule.LAMBDAS,
        "f",
        "interface Get { P get(long a); }",
        "static Get f() {",
        "return P::new; // HERE",
        "}");
    body(
        "object",
        Rule.NO_OBJECTS,
        "f",
        "static void f() {",
        "Object o = new Object(); // HERE",
        "}");
    body(
        "ownObject",
        Rule.NO_OBJECTS,
        "f",
        "static long f() {",
        "return new C_ownObject() == null ? 1 : 2; // HERE",
        "}");
    body("constructor", Rule.NO_OBJECTS, "<init>", "C_constructor(int a) {", "Cpu.safepoint(); }");
    body(
        "boxing",
        Rule.NO_OBJECTS,
        "f",
        "static int f(int a) {",
        "Integer b = a; // HERE",
        "return b; }");
    body(
        "newArray",
        Rule.NO_ARRAYS,
        "f",
        "static int f() {",
        "return new int[4].length; // HERE",
        "}");
    body("objectArray", Rule.NO_ARRAYS, "f", "static void f() {", "P[] p = new P[3]; // HERE", "}");
    body(
        "arrayParameter", Rule.NO_ARRAYS, "f", "static int f(int[] a) {", "return 3; // HERE", "}");
    body(
        "varargs",
        Rule.NO_ARRAYS,
        "f",
        "static void f(long... a) {",
        "Cpu.safepoint(); // HERE",
        "}");
    body(
        "throwing",
        Rule.NO_EXCEPTIONS,
        "f",
        "static void f() {",
        "throw new IllegalStateException(); // HERE",
        "}");
    body(
        "tryFinally",
        Rule.NO_EXCEPTIONS,
        "f",
        "static void f() {",
        "try {",
        "Cpu.safepoint(); // HERE",
        "} finally { Cpu.mb(); } }".replace("Cpu.mb", "Memory.mb"));
    body(
        "tryCatch",
        Rule.NO_EXCEPTIONS,
        "f",
        "static int f(int a) {",
        "try {",
        "return 1 / a; // HERE",
        "} catch (ArithmeticException e) { return 2; } }");
    body(
        "concatenation",
        Rule.STRINGS,
        "f",
        "static void f(int a) {",
        "Cpu.panic(\"a\" + a); // HERE",
        "}");
    body(
        "stringMethod",
        Rule.STRINGS,
        "f",
        "static int f() {",
        "return \"abc\".length(); // HERE",
        "}");
    body(
        "stringSwitch",
        Rule.STRINGS,
        "f",
        "static int f(String s) {",
        "switch (s) { // HERE",
        "case \"a\": return 1; default: return 2; } }");
    body("unicode", Rule.STRINGS, "f", "static void f() {", "Cpu.panic(\"\\u20ac\"); // HERE", "}");
    body(
        "pointerCompare",
        Rule.POINTER_COMPARE,
        "f",
        "static boolean f(P a, P b) {",
        "return a == b; // HERE",
        "}");
    body(
        "recordEquals",
        Rule.CALLS,
        "f",
        "static boolean f(P a, P b) {",
        "return a.equals(b); // HERE",
        "}");
    body(
        "instanceOf",
        Rule.NO_INSTANCEOF,
        "f",
        "record R() implements Op { public long go(int a, P p) { return 1; } }",
        "static boolean f(Op o) {",
        "return o instanceof R; // HERE",
        "}");
    body(
        "patternSwitch",
        Rule.NO_INSTANCEOF,
        "f",
        "sealed interface S permits A, B {} record A() implements S {} record B() implements S {}",
        "static int f(S s) {",
        "return switch (s) { // HERE",
        "case A a -> 1; case B b -> 2; }; }");
    body(
        "objectParameter",
        Rule.TYPES,
        "f",
        "static void f(Object o) {",
        "Cpu.safepoint(); // HERE",
        "}");
    body("genericMethod", Rule.TYPES, "f", "static <T> T f(T t) {", "return t; // HERE", "}");
    body(
        "castAway",
        Rule.TYPES,
        "f",
        "static void f(P p) {",
        "Runnable r = (Runnable) (Object) p; // HERE",
        "}");
    body("instanceMethod", Rule.INSTANCE_METHODS, "f", "int f() {", "return 1; // HERE", "}");
    body(
        "finalizer",
        Rule.INSTANCE_METHODS,
        "finalize",
        "protected void finalize() {",
        "Cpu.safepoint(); // HERE",
        "}");
    body(
        "toStringMethod",
        Rule.INSTANCE_METHODS,
        "toString",
        "record R(long address) { public String toString() {",
        "return \"r\"; } }");
    type("enumType", Rule.CLASS_KIND, "", "enum #", "A, B");
    type("subclass", Rule.CLASS_KIND, "", "class # extends Thread", "");
    type(
        "implementing",
        Rule.CLASS_KIND,
        "",
        "class # implements Op",
        "public long go(int a, P p) { return 1; }");
    type("abstractClass", Rule.CLASS_KIND, "f", "abstract class #", "abstract void f();");
    type("twoComponents", Rule.POINTER, "", "record #(long address, int x)", "");
    type("otherName", Rule.POINTER, "", "record #(long pointer)", "");
    type("intPointer", Rule.POINTER, "", "record #(int address)", "");
    type(
        "pointerOps",
        Rule.POINTER,
        "",
        "record #(long address) implements Op",
        "public long go(int a, P p) { return 1; }");
    type(
        "ownConstructor",
        Rule.POINTER,
        "<init>",
        "record #(long address)",
        "#{",
        "Cpu.safepoint(); } // HERE".replace(" // HERE", ""));
    type(
        "ownAccessor",
        Rule.POINTER,
        "address",
        "record #(long address)",
        "public long address() {",
        "return address + 1; // HERE",
        "}");
    type("foreignInterface", Rule.TYPES, "", "interface # extends Runnable", "");
    body(
        "boundedStops",
        Rule.BOUNDED,
        "f",
        "@Bounded(5) static void f() {",
        "for (int i = 0; i < 5; i++) Memory.fill(1, 2, 3); // HERE",
        "}");
    body(
        "boundedLeaves",
        Rule.BOUNDED,
        "f",
        "@Bounded(5) static void f() {",
        "Cpu.safepoint(); // HERE",
        "}");
    body(
        "boundedRecursion",
        Rule.BOUNDED,
        "f",
        "@Bounded(5) static void f(int a) {",
        "if (a > 0) f(a - 1); // HERE",
        "}");
    body(
        "boundedZero",
        Rule.BOUNDED,
        "f",
        "@Bounded(0) static void f(int a) {",
        "Memory.mb(); // HERE",
        "}");
    body(
        "boundedLong",
        Rule.BOUNDED,
        "f",
        "@Bounded(65536) static int g(int n) { int r = 0; for (int i = 0; i < n; i++) r ^= i; return r; }",
        "@Bounded(65536) static int f(int n) {",
        "int r = 0; for (int i = 0; i < n; i++) r += g(i); return r; // HERE",
        "}");
    Map<String, String> sources = new TreeMap<>(COMMON);
    CASES.forEach(c -> sources.put(c.className(), c.source));
    CLASSES.putAll(JavaSource.compile(sources));
  }

  static Stream<Case> cases() {
    return CASES.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isRefused(Case c) {
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
                          assertThat(r.rule()).isEqualTo(c.rule);
                          assertThat(r.className()).startsWith(c.className());
                          assertThat(r.method()).isEqualTo(c.method);
                          if (c.line() > 0) {
                            assertThat(r.line()).isEqualTo(c.line());
                          }
                          assertThat(e).hasMessageContaining(r.rule().id());
                        }));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aCaseHasALineWhereItCan(Case c) {
    boolean code = Arrays.stream(c.source.split("\n", -1)).anyMatch(l -> l.contains("// HERE"));
    assertThat(c.line() > 0).isEqualTo(code);
  }
}
