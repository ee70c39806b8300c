package aerostat.tools.fuzz.coverage;

import java.util.HashSet;
import java.util.Set;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.InsnNode;
import org.objectweb.asm.tree.JumpInsnNode;
import org.objectweb.asm.tree.LabelNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.LookupSwitchInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.TableSwitchInsnNode;

/**
 * Puts {@code HITS[n]++} at the start of each basic block, with a number of its own. The slow path
 * of a poll counts nothing: how often it is taken, the host's time says, and not the input.
 */
final class EdgeProbes {
  private static final String INTRINSICS = "aerostat/vmm/cpu/Intrinsics";

  private final String owner;
  private final String field;
  private int count;

  /**
   * @param owner internal name of the class that holds the counters
   * @param field its static {@code byte[]}
   */
  EdgeProbes(String owner, String field) {
    this.owner = owner;
    this.field = field;
  }

  /** Probes so far. */
  int count() {
    return count;
  }

  void insert(MethodNode method) {
    if (method.instructions.size() == 0) {
      return;
    }
    Set<AbstractInsnNode> starts = starts(method);
    boolean pending = true; // the method's beginning
    for (AbstractInsnNode at : method.instructions.toArray()) {
      pending |= starts.contains(at);
      if (at.getOpcode() >= 0) {
        if (pending && !slowPoll(at)) {
          method.instructions.insertBefore(at, probe());
        }
        pending = at instanceof JumpInsnNode && at.getOpcode() != Opcodes.GOTO;
      }
    }
  }

  private static boolean slowPoll(AbstractInsnNode at) {
    return at instanceof MethodInsnNode call
        && call.name.equals("poll")
        && call.owner.equals(INTRINSICS);
  }

  private static Set<AbstractInsnNode> starts(MethodNode method) {
    Set<AbstractInsnNode> starts = new HashSet<>();
    for (AbstractInsnNode at : method.instructions) {
      switch (at) {
        case JumpInsnNode jump -> starts.add(jump.label);
        case TableSwitchInsnNode table -> addAll(starts, table.dflt, table.labels);
        case LookupSwitchInsnNode lookup -> addAll(starts, lookup.dflt, lookup.labels);
        default -> {}
      }
    }
    return starts;
  }

  private static void addAll(
      Set<AbstractInsnNode> starts, LabelNode otherwise, Iterable<LabelNode> labels) {
    starts.add(otherwise);
    labels.forEach(starts::add);
  }

  private InsnList probe() {
    InsnList code = new InsnList();
    code.add(new FieldInsnNode(Opcodes.GETSTATIC, owner, field, "[B"));
    code.add(new LdcInsnNode(count++));
    code.add(new InsnNode(Opcodes.DUP2));
    code.add(new InsnNode(Opcodes.BALOAD));
    code.add(new InsnNode(Opcodes.ICONST_1));
    code.add(new InsnNode(Opcodes.IADD));
    code.add(new InsnNode(Opcodes.I2B));
    code.add(new InsnNode(Opcodes.BASTORE));
    return code;
  }
}
