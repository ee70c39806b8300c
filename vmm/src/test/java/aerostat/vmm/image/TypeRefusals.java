package aerostat.vmm.image;

import java.util.ArrayList;
import java.util.List;

/** Strings, pointers, types and bounds that guest code must not have. */
final class TypeRefusals {
  private final List<RefusalCase> cases = new ArrayList<>();

  private TypeRefusals() {}

  static List<RefusalCase> all() {
    TypeRefusals all = new TypeRefusals();
    all.add();
    return all.cases;
  }

  private void body(String name, Rule rule, String method, String... lines) {
    cases.add(RefusalCase.body(name, rule, method, lines));
  }

  private void type(String name, Rule rule, String method, String head, String... lines) {
    cases.add(RefusalCase.type(name, rule, method, head, lines));
  }

  private void add() {
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
        "@Bounded(65536) static int g(int n) { int r = 0; for (int i = 0; i < n; i++) r ^= i;"
            + " return r; }",
        "@Bounded(65536) static int f(int n) {",
        "int r = 0; for (int i = 0; i < n; i++) r += g(i); return r; // HERE",
        "}");
  }
}
