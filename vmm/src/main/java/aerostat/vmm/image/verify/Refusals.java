package aerostat.vmm.image.verify;

import aerostat.vmm.image.ImageRefusedException;
import aerostat.vmm.image.Refusal;
import aerostat.vmm.image.Rule;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.LineNumberNode;
import org.objectweb.asm.tree.MethodNode;

/** Collects reasons against an image; one of each rule, method and line, and not endlessly many. */
public final class Refusals {
  private static final int MAX = 100;
  private static final int MAX_TEXT = 200;

  private final List<Refusal> found = new ArrayList<>();
  private final Set<String> seen = new HashSet<>();
  private int count;

  /** Notes a reason; class and method names may be internal and from a hostile file. */
  public void add(
      Rule rule, String className, String method, int line, String what, String instead) {
    count++;
    if (found.size() == MAX) {
      return;
    }
    String name = clean(className.replace('/', '.'));
    if (seen.add(rule + " " + name + " " + clean(method) + " " + line)) {
      found.add(new Refusal(rule, name, clean(method), line, clean(what), instead));
    }
  }

  /**
   * Source line of an instruction, 0 if unknown. It looks back for it: not for each instruction.
   */
  public static int lineOf(AbstractInsnNode at) {
    for (AbstractInsnNode n = at; n != null; n = n.getPrevious()) {
      if (n instanceof LineNumberNode line) {
        return line.line;
      }
    }
    return 0;
  }

  /** Line of the first instruction of a method, 0 if unknown. */
  public static int firstLine(MethodNode method) {
    for (AbstractInsnNode n : method.instructions) {
      if (n instanceof LineNumberNode line) {
        return line.line;
      }
    }
    return 0;
  }

  /** Reasons so far, those included that are not listed: it grows with each. */
  public int count() {
    return count;
  }

  /** Throws if there is any reason. */
  public void throwIfAny() {
    if (!found.isEmpty()) {
      throw new ImageRefusedException(found);
    }
  }

  private static String clean(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < Math.min(text.length(), MAX_TEXT); i++) {
      char c = text.charAt(i);
      out.append(Character.isISOControl(c) || Character.isSurrogate(c) ? '?' : c);
    }
    return out.toString();
  }
}
