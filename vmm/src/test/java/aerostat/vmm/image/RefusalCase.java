package aerostat.vmm.image;

import java.util.Map;

/**
 * A class that must be refused.
 *
 * @param rule which it breaks
 * @param method in which, empty if in none
 * @param source with {@code // HERE} at the line, if there is one
 */
record RefusalCase(String name, Rule rule, String method, String source) {
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

  /** A case whose class body is given; {@code #} stands for the class's own name. */
  static RefusalCase body(String name, Rule rule, String method, String... lines) {
    return type(name, rule, method, "final class #", lines);
  }

  static RefusalCase type(String name, Rule rule, String method, String head, String... lines) {
    String text = HEADER + head + " {\n  " + String.join("\n  ", lines) + "\n}\n";
    return new RefusalCase(name, rule, method, text.replace("#", "C_" + name));
  }

  @Override
  public String toString() {
    return name;
  }

  String className() {
    return "t.C_" + name;
  }

  /** Line of {@code // HERE}, 0 if there is none. */
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
