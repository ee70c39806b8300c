package aerostat.tools.bench.stats;

import aerostat.vmm.monitor.Json;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Where figures and progress go. */
public final class Output {
  private Output() {}

  /** A line on standard error. */
  public static void progress(String line) {
    System.err.println("aerostat bench: " + line);
  }

  /** The figures on standard output, in one of their forms. */
  public static void print(boolean json, String table, Map<String, Object> object) {
    if (json) {
      System.out.println(new String(Json.write(object, true), StandardCharsets.UTF_8));
    } else {
      System.out.print(table);
    }
  }
}
