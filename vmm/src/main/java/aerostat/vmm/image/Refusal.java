package aerostat.vmm.image;

/**
 * One reason why an image is refused.
 *
 * @param rule the rule that is broken
 * @param className class, with dots; empty when the image as a whole is meant
 * @param method method name, empty when the class as a whole is meant
 * @param line source line, 0 when there is none
 * @param found what was found
 * @param instead what to write instead; may be empty
 */
public record Refusal(
    Rule rule, String className, String method, int line, String found, String instead) {
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append(className.isEmpty() ? "image" : className);
    if (!method.isEmpty()) {
      text.append('.').append(method);
    }
    if (line > 0) {
      text.append(" line ").append(line);
    }
    text.append(": ").append(rule.id()).append(" (").append(rule.summary()).append("): ");
    text.append(found);
    if (!instead.isEmpty()) {
      text.append("; ").append(instead);
    }
    return text.toString();
  }
}
