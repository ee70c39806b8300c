package aerostat.tools.fuzz.planted;

import aerostat.tools.fuzz.BootedGuest;
import aerostat.tools.fuzz.TargetKind;
import aerostat.vmm.image.Flavour;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A defect that somebody had: a change of one place in one class, and how it has to be found.
 *
 * @param target label of the target that has to find it, and {@code --sanitize} if its guest has to
 *     watch page owners
 * @param finding pattern that the finding's signature begins with; {@code boot} is a guest that
 *     does not start
 * @param source module/package/Class of the changed class
 * @param original text that is found there exactly once
 * @param changed what stands in its place
 * @param origin whose defect it was
 * @param what goes wrong, in a few words
 */
public record Defect(
    String name,
    String target,
    String finding,
    String source,
    String original,
    String changed,
    String origin,
    String what) {
  private static final String SANITIZE = " --sanitize";

  /** The target that has to find it. */
  public TargetKind kind() {
    return TargetKind.of(target.replace(SANITIZE, ""));
  }

  /** The guest that the target boots. */
  public BootedGuest.Setup setup() {
    BootedGuest.Setup plain = BootedGuest.Setup.DEFAULT;
    return target.endsWith(SANITIZE)
        ? new BootedGuest.Setup(plain.memory(), plain.append(), Flavour.SANITIZING, plain.packed())
        : plain;
  }

  /** Whether a finding of this signature is this defect's. */
  public boolean explains(String signature) {
    return Pattern.compile(finding).matcher(signature).lookingAt();
  }

  /** Whether the changed class is the guest's, which an image takes from one place. */
  boolean inGuest() {
    return source.startsWith("guest/");
  }

  /** Where the class's text lies in a source tree. */
  Path sourceFile(Path root) {
    int module = source.indexOf('/');
    return root.resolve(source.substring(0, module))
        .resolve("src/main/java")
        .resolve(source.substring(module + 1) + ".java");
  }

  /** The class's text with the defect; null if the place is not there exactly once. */
  public @Nullable String apply(String text) {
    int at = text.indexOf(original);
    if (at < 0 || text.indexOf(original, at + 1) >= 0) {
      return null;
    }
    return text.substring(0, at) + changed + text.substring(at + original.length());
  }
}
