package aerostat.vmm.image;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Java that tries to get out of the guest by way of the JDK. */
final class EscapeRefusals {
  private static final String PLAIN = "static void f() throws Throwable {";

  private final Map<HostileKind, List<RefusalCase>> cases = new EnumMap<>(HostileKind.class);

  private EscapeRefusals() {}

  static Map<HostileKind, List<RefusalCase>> byKind() {
    EscapeRefusals all = new EscapeRefusals();
    all.reflection();
    all.classLoading();
    all.finalizers();
    all.methodHandles();
    all.allocation();
    all.host();
    return all.cases;
  }

  static List<RefusalCase> all() {
    return byKind().values().stream().flatMap(List::stream).toList();
  }

  private void add(HostileKind kind, String name, Rule rule, String head, String statement) {
    cases
        .computeIfAbsent(kind, k -> new ArrayList<>())
        .add(RefusalCase.body("escape_" + name, rule, "f", head, statement + " // HERE", "}"));
  }

  private void reflection() {
    HostileKind kind = HostileKind.REFLECTION;
    add(kind, "classForName", Rule.CALLS, PLAIN, "Class.forName(\"java.lang.Runtime\");");
    add(kind, "classOfAPointer", Rule.CALLS, "static void f(P p) {", "p.getClass();");
    add(
        kind,
        "declaredMethods",
        Rule.CALLS,
        "static void f(P p) {",
        "p.getClass().getDeclaredMethods();");
    add(
        kind,
        "methodInvoke",
        Rule.CALLS,
        "static void f(java.lang.reflect.Method m) throws Throwable {",
        "m.invoke(null);");
    add(
        kind,
        "fieldSet",
        Rule.CALLS,
        "static void f(java.lang.reflect.Field x) throws Throwable {",
        "x.setLong(null, 1);");
    add(
        kind,
        "accessible",
        Rule.CALLS,
        "static void f(java.lang.reflect.Field x) throws Throwable {",
        "x.setAccessible(true);");
    add(
        kind,
        "reflectArray",
        Rule.CALLS,
        PLAIN,
        "java.lang.reflect.Array.newInstance(int.class, 9);");
    add(
        kind,
        "proxy",
        Rule.CALLS,
        "static void f(P p) {",
        "java.lang.reflect.Proxy.getInvocationHandler(p);");
    add(kind, "stackWalker", Rule.CALLS, PLAIN, "StackWalker.getInstance();");
    add(kind, "recordComponents", Rule.CALLS, PLAIN, "P.class.getRecordComponents();");
  }

  private void classLoading() {
    HostileKind kind = HostileKind.CLASS_LOADING;
    add(kind, "systemLoader", Rule.CALLS, PLAIN, "ClassLoader.getSystemClassLoader();");
    add(
        kind,
        "loadClass",
        Rule.CALLS,
        "static void f(ClassLoader l) throws Throwable {",
        "l.loadClass(\"java.lang.Runtime\");");
    add(
        kind,
        "contextLoader",
        Rule.CALLS,
        PLAIN,
        "Thread.currentThread().getContextClassLoader();");
    add(kind, "serviceLoader", Rule.CALLS, PLAIN, "java.util.ServiceLoader.load(Runnable.class);");
    add(kind, "newLoader", Rule.NO_OBJECTS, PLAIN, "new java.net.URLClassLoader(null);");
    add(
        kind,
        "defineClass",
        Rule.CALLS,
        PLAIN,
        "java.lang.invoke.MethodHandles.lookup().defineClass(null);");
    add(kind, "loadLibrary", Rule.CALLS, PLAIN, "System.loadLibrary(\"c\");");
    add(kind, "loadFile", Rule.CALLS, PLAIN, "Runtime.getRuntime().load(\"/tmp/a.so\");");
    add(kind, "moduleOf", Rule.CALLS, PLAIN, "Object.class.getModule();");
    add(
        kind,
        "scriptEngine",
        Rule.CALLS,
        PLAIN,
        "javax.tools.ToolProvider.getSystemJavaCompiler();");
  }

  private void finalizers() {
    HostileKind kind = HostileKind.FINALIZERS;
    add(kind, "cleaner", Rule.CALLS, PLAIN, "java.lang.ref.Cleaner.create();");
    add(
        kind,
        "phantom",
        Rule.NO_OBJECTS,
        "static void f(P p) {",
        "new java.lang.ref.PhantomReference<P>(p, null);");
    add(
        kind,
        "weak",
        Rule.NO_OBJECTS,
        "static void f(P p) {",
        "new java.lang.ref.WeakReference<P>(p);");
    add(kind, "shutdownHook", Rule.CALLS, PLAIN, "Runtime.getRuntime().addShutdownHook(null);");
    add(kind, "collect", Rule.CALLS, PLAIN, "System.gc();");
  }

  private void methodHandles() {
    HostileKind kind = HostileKind.METHOD_HANDLES;
    add(kind, "lookup", Rule.CALLS, PLAIN, "java.lang.invoke.MethodHandles.lookup();");
    add(kind, "publicLookup", Rule.CALLS, PLAIN, "java.lang.invoke.MethodHandles.publicLookup();");
    add(
        kind,
        "invokeExact",
        Rule.CALLS,
        "static void f(java.lang.invoke.MethodHandle h) throws Throwable {",
        "h.invokeExact();");
    add(
        kind,
        "varHandle",
        Rule.CALLS,
        "static void f(java.lang.invoke.VarHandle h) {",
        "h.set(1L);");
    add(kind, "linker", Rule.CALLS, PLAIN, "java.lang.foreign.Linker.nativeLinker();");
    add(kind, "segment", Rule.CALLS, PLAIN, "java.lang.foreign.MemorySegment.ofAddress(4096);");
    add(kind, "arena", Rule.CALLS, PLAIN, "java.lang.foreign.Arena.global();");
    add(kind, "fence", Rule.CALLS, PLAIN, "java.lang.invoke.VarHandle.fullFence();");
  }

  private void allocation() {
    HostileKind kind = HostileKind.ALLOCATION;
    add(
        kind,
        "hugeArray",
        Rule.NO_ARRAYS,
        PLAIN,
        "long[] a = new long[Integer.MAX_VALUE]; a[0] = 1;");
    add(
        kind,
        "nestedArray",
        Rule.NO_ARRAYS,
        PLAIN,
        "int[][][] a = new int[999][999][999]; a[0] = null;");
    add(kind, "arrayOfArrays", Rule.NO_ARRAYS, PLAIN, "int[][] a = new int[999][]; a[0] = null;");
    add(kind, "list", Rule.NO_OBJECTS, PLAIN, "new java.util.ArrayList<String>(1 << 30);");
    add(kind, "builder", Rule.NO_OBJECTS, PLAIN, "new StringBuilder(1 << 30);");
    add(kind, "repeat", Rule.STRINGS, PLAIN, "\"a\".repeat(1 << 30);");
    add(kind, "intern", Rule.STRINGS, PLAIN, "\"a\".intern();");
    add(kind, "threads", Rule.NO_OBJECTS, PLAIN, "for (;;) { new Thread().start(); } ");
    add(kind, "directBuffer", Rule.CALLS, PLAIN, "java.nio.ByteBuffer.allocateDirect(1 << 30);");
    add(kind, "clonePointer", Rule.NO_OBJECTS, "static void f(long a) {", "Long b = a;");
  }

  private void host() {
    HostileKind kind = HostileKind.HOST;
    add(kind, "exit", Rule.CALLS, PLAIN, "System.exit(1);");
    add(kind, "halt", Rule.CALLS, PLAIN, "Runtime.getRuntime().halt(1);");
    add(kind, "process", Rule.CALLS, PLAIN, "Runtime.getRuntime().exec(\"true\");");
    add(kind, "property", Rule.CALLS, PLAIN, "System.setProperty(\"a\", \"b\");");
    add(kind, "environment", Rule.CALLS, PLAIN, "System.getenv(\"HOME\");");
    add(kind, "socket", Rule.NO_OBJECTS, PLAIN, "new java.net.Socket(\"localhost\", 1);");
    add(
        kind,
        "readFile",
        Rule.CALLS,
        PLAIN,
        "java.nio.file.Files.readString(java.nio.file.Path.of(\"a\"));");
    add(kind, "sleep", Rule.CALLS, PLAIN, "Thread.sleep(1000);");
    add(kind, "waits", Rule.CALLS, "static void f(P p) throws Throwable {", "p.wait();");
    add(kind, "identity", Rule.CALLS, "static void f(P p) {", "System.identityHashCode(p);");
    add(kind, "hash", Rule.CALLS, "static void f(P p) {", "p.hashCode();");
  }
}
