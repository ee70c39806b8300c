package aerostat.tools.fuzz;

/**
 * What inputs brought about, as counters like those of edges: so an engine that sees no edges of
 * host code still knows what is new. Texts differ by their words, not by their numbers.
 */
public final class Outcomes {
  private static final int SIZE = 1 << 12;

  private final byte[] counters = new byte[SIZE];

  public byte[] counters() {
    return counters;
  }

  /** Something that has a number. */
  public void saw(int what) {
    counters[mixed(what)]++;
  }

  /** A message. */
  public void saw(String text) {
    int hash = 17;
    boolean number = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean digit = (c >= '0' && c <= '9') || (number && ((c >= 'a' && c <= 'f') || c == 'x'));
      if (!digit) {
        hash = 31 * hash + c;
      }
      number = digit;
    }
    saw(hash);
  }

  private static int mixed(int hash) {
    int mixed = hash * 0x9e3779b9;
    return (mixed ^ mixed >>> 15) & SIZE - 1;
  }
}
