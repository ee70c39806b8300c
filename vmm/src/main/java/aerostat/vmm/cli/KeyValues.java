package aerostat.vmm.cli;

import aerostat.vmm.monitor.Json;
import aerostat.vmm.monitor.QmpClient;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Arguments of a QMP command as words: {@code key=value …}, or one JSON object. A value that is a
 * whole number or a size ({@code 512M}) becomes a number; on, off, true and false become booleans;
 * what starts with [ or { is read as JSON; the rest is text.
 */
final class KeyValues {
  private KeyValues() {}

  /** An IllegalArgumentException names the word that is wrong. */
  static Map<String, @Nullable Object> parse(List<String> words) {
    if (words.size() == 1 && words.getFirst().stripLeading().startsWith("{")) {
      return QmpClient.asObject(json(words.getFirst()));
    }
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    for (String word : words) {
      int equals = word.indexOf('=');
      if (equals <= 0) {
        throw new IllegalArgumentException(
            "'" + word + "' is not KEY=VALUE (or give all arguments as one JSON object)");
      }
      String key = word.substring(0, equals);
      if (values.containsKey(key)) {
        throw new IllegalArgumentException("'" + key + "' is given twice");
      }
      values.put(key, value(word.substring(equals + 1)));
    }
    return values;
  }

  private static @Nullable Object value(String text) {
    if (text.matches("-[0-9]{1,18}")) {
      return Long.parseLong(text);
    }
    if (text.matches("[0-9]+[KMGTkmgt]?")) {
      return Size.parse(text);
    }
    return switch (text) {
      case "on", "true" -> true;
      case "off", "false" -> false;
      default -> text.startsWith("{") || text.startsWith("[") ? json(text) : text;
    };
  }

  private static @Nullable Object json(String text) {
    try {
      return Json.read(text.getBytes(StandardCharsets.UTF_8));
    } catch (Json.SyntaxException e) {
      throw new IllegalArgumentException("'" + text + "' is not JSON: " + e.getMessage(), e);
    }
  }
}
