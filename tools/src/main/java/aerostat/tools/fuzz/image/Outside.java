package aerostat.tools.fuzz.image;

import aerostat.tools.fuzz.FuzzFinding;
import aerostat.vmm.image.Flavour;
import aerostat.vmm.image.IntrinsicTable;
import aerostat.vmm.image.RewrittenImage;
import aerostat.vmm.image.verify.PureMethods;
import java.util.Map;
import java.util.Set;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.Opcodes;
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
 * intrinsics and the polls of its VM, and the pure methods of the JDK, each by its name and
 * descriptor. So it touches guest RAM only through checked accesses.
 */
final class Outside {
  private static final String VM = "aerostat/vmm/cpu/Intrinsics";
  private static final String SANITIZING = "aerostat/vmm/cpu/SanitizingIntrinsics";
  private static final String UNMARKED = "aerostat/vmm/cpu/UnmarkedStores";
  private static final String SPILL = "aerostat/vmm/cpu/gen/Spill";

  /** Polls, frames and their accounts. */
  private static final Set<String> MACHINERY =
      Set.of(
          "attend()V",
          "badOps(J)V",
          "boundExceeded(I)V",
          "poll()Z",
          "slot(I)J",
          "stackOverflow()V");

  private static final Set<String> ACCOUNTS = Set.of("budget", "depth", "returned", "unwinding");

  /** Of loops that mark what they stored at their end; no other may leave the log out. */
  private static final Set<String> LATE_MARKS =
      Set.of(
          "storeUnmarked8(JI)V",
          "storeUnmarked16(JI)V",
          "storeUnmarked32(JI)V",
          "storeUnmarked64(JJ)V",
          "markSpan(JJI)V",
          "markFaultedSpan(JJI)V");

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
              case MethodInsnNode call -> own(call.owner, classes) || isPermitted(call);
              case FieldInsnNode field ->
                  own(field.owner, classes)
                      || (field.owner.equals(VM) && ACCOUNTS.contains(field.name));
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

  static boolean isPermitted(MethodInsnNode call) {
    if (call.getOpcode() != Opcodes.INVOKESTATIC) {
      return false;
    }
    String method = call.name + call.desc;
    return switch (call.owner) {
      case VM -> MACHINERY.contains(method) || isIntrinsic(call);
      case SANITIZING -> LATE_MARKS.contains(method) || isIntrinsic(call);
      case UNMARKED -> LATE_MARKS.contains(method);
      case SPILL -> true; // generated, for the types that are spilled
      default -> PureMethods.contains(call.owner, call.name, call.desc);
    };
  }

  private static boolean isIntrinsic(MethodInsnNode call) {
    IntrinsicTable.Intrinsic intrinsic = IntrinsicTable.byName(call.name);
    return intrinsic != null && intrinsic.descriptor().equals(call.desc);
  }

  private static boolean own(String owner, Map<String, byte[]> classes) {
    return classes.containsKey(owner.replace('/', '.'));
  }
}
