package aerostat.vmm.image;

import java.util.ArrayList;
import java.util.List;

/**
 * Calls, fields, monitors, lambdas, objects, arrays and exceptions that guest code must not have.
 */
final class CallRefusals {
  private final List<RefusalCase> cases = new ArrayList<>();

  private CallRefusals() {}

  static List<RefusalCase> all() {
    CallRefusals all = new CallRefusals();
    all.add();
    return all.cases;
  }

  private void body(String name, Rule rule, String method, String... lines) {
    cases.add(RefusalCase.body(name, rule, method, lines));
  }

  private void add() {
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
  }
}
