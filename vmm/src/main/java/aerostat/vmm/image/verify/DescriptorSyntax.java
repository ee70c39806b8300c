package aerostat.vmm.image.verify;

import org.jspecify.annotations.Nullable;

/** Checks that descriptors from a class file are descriptors. */
final class DescriptorSyntax {
  private static final int MAX_DIMENSIONS = 255;

  private DescriptorSyntax() {}

  /** Whether it is one type, void excluded. */
  static boolean isField(@Nullable String text) {
    return text != null && type(text, 0) == text.length();
  }

  /** Whether it is a method's descriptor. */
  static boolean isMethod(@Nullable String text) {
    if (text == null || text.isEmpty() || text.charAt(0) != '(') {
      return false;
    }
    int at = 1;
    while (at >= 0 && at < text.length() && text.charAt(at) != ')') {
      at = type(text, at);
    }
    if (at < 0 || at >= text.length()) {
      return false;
    }
    String result = text.substring(at + 1);
    return result.equals("V") || isField(result);
  }

  /** Whether it can stand in a NEW, CHECKCAST or as the owner of a member. */
  static boolean isClass(@Nullable String text) {
    if (text == null || text.isEmpty()) {
      return false;
    }
    return text.charAt(0) == '[' ? isField(text) : isName(text);
  }

  /** End of the type that begins here, -1 if there is none. */
  private static int type(String text, int from) {
    int at = from;
    while (at < text.length() && text.charAt(at) == '[') {
      at++;
    }
    if (at >= text.length() || at - from > MAX_DIMENSIONS) {
      return -1;
    }
    if (text.charAt(at) != 'L') {
      return "ZBCSIJFD".indexOf(text.charAt(at)) >= 0 ? at + 1 : -1;
    }
    int end = text.indexOf(';', at);
    return end > at + 1 && isName(text.substring(at + 1, end)) ? end + 1 : -1;
  }

  private static boolean isName(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (".;[()".indexOf(text.charAt(i)) >= 0) {
        return false;
      }
    }
    return true;
  }
}
