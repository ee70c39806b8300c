package aerostat.vmm.monitor;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One argument of a command: what {@link CommandTable} checks before the handler sees it. */
record Argument(String name, Type type, boolean required, String doc) {
  /** JSON types, with the words that QEMU's errors use for them. */
  enum Type {
    STRING("string"),
    INTEGER("integer"),
    BOOLEAN("boolean"),
    ARRAY("array"),
    ANY("any");

    private final String word;

    Type(String word) {
      this.word = word;
    }

    String word() {
      return word;
    }

    boolean accepts(@Nullable Object value) {
      return switch (this) {
        case STRING -> value instanceof String;
        case INTEGER -> value instanceof Long;
        case BOOLEAN -> value instanceof Boolean;
        case ARRAY -> value instanceof List;
        case ANY -> true;
      };
    }
  }

  static Argument required(String name, Type type, String doc) {
    return new Argument(name, type, true, doc);
  }

  static Argument optional(String name, Type type, String doc) {
    return new Argument(name, type, false, doc);
  }

  void check(Map<String, @Nullable Object> arguments) {
    check(arguments, "");
  }

  /**
   * QEMU's words, which clients show to their users.
   *
   * @param within what the members belong to, as {@code capabilities[0].}; empty for the command's
   */
  void check(Map<String, @Nullable Object> arguments, String within) {
    if (!arguments.containsKey(name)) {
      if (required) {
        throw QmpException.generic("Parameter '" + within + name + "' is missing");
      }
    } else if (!type.accepts(arguments.get(name))) {
      throw QmpException.generic(
          "Invalid parameter type for '" + within + name + "', expected: " + type.word());
    }
  }
}
