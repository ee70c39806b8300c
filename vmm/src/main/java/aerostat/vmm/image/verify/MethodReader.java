package aerostat.vmm.image.verify;

import aerostat.vmm.image.Rule;
import aerostat.vmm.image.verify.GuestClass.Kind;
import aerostat.vmm.image.verify.GuestMethod.Role;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.AnnotationNode;
import org.objectweb.asm.tree.InvokeDynamicInsnNode;
import org.objectweb.asm.tree.MethodNode;

/** What each method of an image is: code, an intrinsic, or what javac made and nobody needs. */
final class MethodReader {
  private static final String BOUNDED = "L" + ImageReader.MACHINE + "Bounded;";
  private static final String INTRINSIC = "L" + ImageReader.MACHINE + "Intrinsic;";
  private static final int MAX_BOUND = 65536;

  private final Refusals refusals;

  MethodReader(Refusals refusals) {
    this.refusals = refusals;
  }

  GuestMethod read(GuestClass c, MethodNode m) {
    return new GuestMethod(c, m, role(c, m), bound(c, m));
  }

  private Role role(GuestClass c, MethodNode m) {
    if (m.name.equals("<clinit>")) {
      refusals.add(
          Rule.NO_INITIALIZER,
          c.name(),
          m.name,
          Refusals.firstLine(m),
          "static initializer",
          "use compile-time constants and static methods");
      return Role.DROPPED;
    }
    if (m.name.equals("<init>")) {
      constructor(c, m);
      return Role.DROPPED;
    }
    if (isIntrinsic(c, m)) {
      return Role.INTRINSIC;
    }
    if (has(m, INTRINSIC)) {
      refusals.add(
          Rule.CALLS,
          c.name(),
          m.name,
          Refusals.firstLine(m),
          "@Intrinsic method that this machine does not have",
          "build the image against this version of aerostat.guest.machine");
      return Role.DROPPED;
    }
    boolean record = c.kind() == Kind.POINTER || c.kind() == Kind.OPS_RECORD;
    if (record && isObjectMethod(m.name, m.desc)) {
      if (!callsObjectMethods(m)) {
        refusals.add(
            Rule.INSTANCE_METHODS,
            c.name(),
            m.name,
            Refusals.firstLine(m),
            "own " + m.name,
            "give it another name; objects do not exist in the guest");
      }
      return Role.DROPPED;
    }
    if (c.kind() == Kind.POINTER && m.name.equals("address") && m.desc.equals("()J")) {
      if (!isPattern(m, Opcodes.ALOAD, Opcodes.GETFIELD, Opcodes.LRETURN)) {
        refusals.add(
            Rule.POINTER, c.name(), m.name, Refusals.firstLine(m), "own accessor", "remove it");
      }
      return Role.DROPPED;
    }
    if ((m.access & Opcodes.ACC_ABSTRACT) != 0) {
      if (c.kind() != Kind.OPS_INTERFACE) {
        refusals.add(Rule.CLASS_KIND, c.name(), m.name, 0, "abstract method in a class", "");
      }
      return Role.ABSTRACT;
    }
    return Role.CODE;
  }

  private static boolean isIntrinsic(GuestClass c, MethodNode m) {
    if (!c.name().startsWith(ImageReader.MACHINE) || (m.access & Opcodes.ACC_STATIC) == 0) {
      return false;
    }
    String owner = c.name().substring(ImageReader.MACHINE.length());
    return IntrinsicCalls.isIdentity(owner, m.name, m.desc)
        || IntrinsicCalls.find(owner, m.name, m.desc) != null;
  }

  private void constructor(GuestClass c, MethodNode m) {
    if (c.kind() == Kind.POINTER) {
      boolean canonical =
          m.desc.equals("(J)V")
              && isPattern(
                  m,
                  Opcodes.ALOAD,
                  Opcodes.INVOKESPECIAL,
                  Opcodes.ALOAD,
                  Opcodes.LLOAD,
                  Opcodes.PUTFIELD,
                  Opcodes.RETURN);
      if (!canonical) {
        refusals.add(
            Rule.POINTER,
            c.name(),
            m.name,
            Refusals.firstLine(m),
            "own constructor in a pointer",
            "use a static method");
      }
    } else if (!m.desc.equals("()V")
        || !isPattern(m, Opcodes.ALOAD, Opcodes.INVOKESPECIAL, Opcodes.RETURN)) {
      refusals.add(
          Rule.NO_OBJECTS,
          c.name(),
          m.name,
          Refusals.firstLine(m),
          "constructor that does something",
          "use static methods, and keep data in guest memory");
    }
  }

  private static boolean isPattern(MethodNode m, int... opcodes) {
    int i = 0;
    for (AbstractInsnNode n : m.instructions) {
      if (n.getOpcode() >= 0 && (i >= opcodes.length || n.getOpcode() != opcodes[i++])) {
        return false;
      }
    }
    return i == opcodes.length;
  }

  static boolean isObjectMethod(String name, String descriptor) {
    return switch (name) {
      case "toString" -> descriptor.equals("()Ljava/lang/String;");
      case "hashCode" -> descriptor.equals("()I");
      case "equals" -> descriptor.equals("(Ljava/lang/Object;)Z");
      default -> false;
    };
  }

  private static boolean callsObjectMethods(MethodNode m) {
    for (AbstractInsnNode n : m.instructions) {
      if (n instanceof InvokeDynamicInsnNode indy
          && indy.bsm.getOwner().equals("java/lang/runtime/ObjectMethods")) {
        return true;
      }
    }
    return false;
  }

  private static boolean has(MethodNode m, String annotation) {
    return annotation(m, annotation) != null;
  }

  private static @Nullable AnnotationNode annotation(MethodNode m, String descriptor) {
    for (List<AnnotationNode> list :
        java.util.Arrays.asList(m.invisibleAnnotations, m.visibleAnnotations)) {
      if (list != null) {
        for (AnnotationNode a : list) {
          if (descriptor.equals(a.desc)) {
            return a;
          }
        }
      }
    }
    return null;
  }

  private int bound(GuestClass c, MethodNode m) {
    AnnotationNode a = annotation(m, BOUNDED);
    if (a == null) {
      return -1;
    }
    if (a.values != null
        && a.values.size() == 2
        && a.values.get(0).equals("value")
        && a.values.get(1) instanceof Integer value
        && value >= 1
        && value <= MAX_BOUND) {
      return value;
    }
    refusals.add(
        Rule.BOUNDED,
        c.name(),
        m.name,
        Refusals.firstLine(m),
        "@Bounded outside 1.." + MAX_BOUND,
        "promise fewer trips, or drop the annotation");
    return 1;
  }
}
