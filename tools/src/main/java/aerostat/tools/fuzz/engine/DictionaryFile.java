package aerostat.tools.fuzz.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * A target's words as libFuzzer reads them: one a line, quoted, what is no letter in hexadecimal.
 */
final class DictionaryFile {
  private DictionaryFile() {}

  static List<String> lines(List<byte[]> words) {
    List<String> lines = new ArrayList<>();
    for (byte[] word : words) {
      StringBuilder line = new StringBuilder("\"");
      for (byte b : word) {
        char c = (char) (b & 0xff);
        boolean plain = c >= '0' && c <= 'z' && c != '\\';
        line.append(plain ? String.valueOf(c) : "\\x%02X".formatted((int) c));
      }
      lines.add(line.append('"').toString());
    }
    return lines;
  }
}
