package aerostat.mmio.trace;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One parsed line of the trace format, for replay and comparison.
 *
 * @param time virtual time (vCPU polls) from the sink's {@code @time} prefix, or -1 without one
 * @param values in the order of the line, unescaped
 */
public record TraceEvent(long time, String component, String event, Map<String, String> values) {

  /**
   * Parses a line.
   *
   * @throws IllegalArgumentException when the line is not of the format
   */
  public static TraceEvent parse(String line) {
    String[] words = line.trim().split(" ", -1);
    int at = 0;
    long time = -1;
    if (words[0].startsWith("@")) {
      time = Long.parseUnsignedLong(words[0].substring(1));
      at = 1;
    }
    if (words.length < at + 2) {
      throw new IllegalArgumentException("not a trace line: " + line);
    }
    Map<String, String> values = new LinkedHashMap<>();
    for (int i = at + 2; i < words.length; i++) {
      int equals = words[i].indexOf('=');
      if (equals <= 0) {
        throw new IllegalArgumentException("no key=value: '" + words[i] + "' in: " + line);
      }
      values.put(unescape(words[i].substring(0, equals)), unescape(words[i].substring(equals + 1)));
    }
    return new TraceEvent(time, unescape(words[at]), unescape(words[at + 1]), values);
  }

  /**
   * A number as {@link TraceLine#num} or {@link TraceLine#hex} wrote it.
   *
   * @throws IllegalArgumentException when the key is absent or no number
   */
  public long number(String key) {
    String value = values.get(key);
    if (value == null) {
      throw new IllegalArgumentException("no key " + key);
    }
    return value.startsWith("0x")
        ? Long.parseUnsignedLong(value.substring(2), 16)
        : Long.parseUnsignedLong(value);
  }

  private static String unescape(String text) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    if (text.equals("%")) {
      return "";
    }
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '%') {
        plain.append(c);
      } else if (i + 5 <= text.length()) {
        plain.append((char) Integer.parseInt(text, i + 1, i + 5, 16));
        i += 4;
      } else {
        throw new IllegalArgumentException("cut escape in: " + text);
      }
    }
    return plain.toString();
  }
}
