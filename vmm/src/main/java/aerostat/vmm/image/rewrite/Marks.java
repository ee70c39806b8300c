package aerostat.vmm.image.rewrite;

import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;

/** Place holders in the canonical form of code, for what each emitted copy words in its own way. */
final class Marks {
  /** No class of an image can have this name. */
  private static final String OWNER = "<mark>";

  private Marks() {}

  /** A safepoint poll. */
  static AbstractInsnNode poll() {
    return new MethodInsnNode(Opcodes.INVOKESTATIC, OWNER, "poll", "()V", false);
  }

  /** Takes a frame's bytes from what is left for recursion. */
  static AbstractInsnNode enter() {
    return new MethodInsnNode(Opcodes.INVOKESTATIC, OWNER, "enter", "()V", false);
  }

  static boolean isPoll(AbstractInsnNode n) {
    return n instanceof MethodInsnNode m && m.owner.equals(OWNER) && m.name.equals("poll");
  }

  static boolean isEnter(AbstractInsnNode n) {
    return n instanceof MethodInsnNode m && m.owner.equals(OWNER) && m.name.equals("enter");
  }
}
