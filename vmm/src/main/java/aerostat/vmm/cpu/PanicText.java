package aerostat.vmm.cpu;

/** A hostile guest's own words, on their way to the host's console, log and events. */
final class PanicText {
  private PanicText() {}

  /**
   * Latin-1 text in which all control characters (C0, DEL, C1) are written {@code \xNN}, and a
   * backslash {@code \\}: no escape sequence reaches a terminal, no line of a log can be made up.
   */
  static String printable(byte[] latin1) {
    StringBuilder out = new StringBuilder(latin1.length);
    for (byte b : latin1) {
      int c = b & 0xff;
      if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
        out.append("\\x%02x".formatted(c));
      } else if (c == '\\') {
        out.append("\\\\");
      } else {
        out.append((char) c);
      }
    }
    return out.toString();
  }
}
