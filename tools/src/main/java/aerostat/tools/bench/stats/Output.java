package aerostat.tools.bench.stats;

/** Where progress goes. */
public final class Output {
  private Output() {}

  /** A line on standard error. */
  public static void progress(String line) {
    System.err.println("aerostat bench: " + line);
  }
}
