package aerostat.tools.fuzz.image;

import aerostat.tools.fuzz.FuzzFinding;
import aerostat.vmm.image.Flavour;
import aerostat.vmm.image.RewrittenImage;
import java.util.Map;
import java.util.Set;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.InvokeDynamicInsnNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.MultiANewArrayInsnNode;
import org.objectweb.asm.tree.TypeInsnNode;

/**
 * What rewritten code can reach, looked at without trust in the rewriter: other guest methods, the
 * intrinsics of its VM, and a few pure methods of the JDK. So it touches guest RAM only through
 * checked accesses.
 */
final class Outside {
  private static final String VMM = "aerostat/vmm/cpu/";
  private static final Set<String> PURE =
      Set.of(
          "java/lang/Math",
          "java/lang/Integer",
          "java/lang/Long",
          "java/lang/Short",
          "java/lang/Byte",
          "java/lang/Character",
          "java/lang/Float",
          "java/lang/Double");

  private Outside() {}

  static void check(RewrittenImage image) {
    for (Flavour flavour : Flavour.values()) {
      Map<String, byte[]> classes = image.classes().getOrDefault(flavour, Map.of());
      for (Map.Entry<String, byte[]> e : classes.entrySet()) {
        if (!e.getKey().startsWith("aerostat.vmm.")) {
          check(e.getKey(), e.getValue(), classes);
        }
      }
    }
  }

  private static void check(String name, byte[] bytes, Map<String, byte[]> classes) {
    ClassNode node = new ClassNode();
    new ClassReader(bytes).accept(node, ClassReader.SKIP_DEBUG);
    for (MethodNode method : node.methods) {
      for (AbstractInsnNode at : method.instructions) {
        boolean fine =
            switch (at) {
              case MethodInsnNode call -> reachable(call.owner, classes);
              case FieldInsnNode field -> field.owner.startsWith(VMM) || own(field.owner, classes);
              case InvokeDynamicInsnNode dynamic -> false;
              case TypeInsnNode type -> false;
              case MultiANewArrayInsnNode array -> false;
              case LdcInsnNode constant -> constant.cst instanceof Number;
              default -> true;
            };
        if (!fine) {
          throw new FuzzFinding(
              "outside", name + "." + method.name + " has an instruction " + at.getOpcode());
        }
      }
    }
  }

  private static boolean reachable(String owner, Map<String, byte[]> classes) {
    return owner.startsWith(VMM) || PURE.contains(owner) || own(owner, classes);
  }

  private static boolean own(String owner, Map<String, byte[]> classes) {
    return classes.containsKey(owner.replace('/', '.'));
  }
}
