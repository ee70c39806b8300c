package aerostat.vmm.image.rewrite;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.JumpInsnNode;
import org.objectweb.asm.tree.LabelNode;
import org.objectweb.asm.tree.LookupSwitchInsnNode;
import org.objectweb.asm.tree.TableSwitchInsnNode;

/** Control flow between the instructions of a method (labels and line numbers count as such). */
final class Flow {
  private final AbstractInsnNode[] nodes;
  private final Map<AbstractInsnNode, Integer> index = new HashMap<>();
  private final int[][] successors;
  private final int[][] predecessors;
  private final int[] order;
  private final int[] position;
  private @Nullable Dominators dominators;

  Flow(InsnList code) {
    nodes = code.toArray();
    for (int i = 0; i < nodes.length; i++) {
      index.put(nodes[i], i);
    }
    successors = new int[nodes.length][];
    int[] counts = new int[nodes.length];
    for (int i = 0; i < nodes.length; i++) {
      List<LabelNode> targets = targets(nodes[i]);
      boolean next = fallsThrough(nodes[i]) && i + 1 < nodes.length;
      int[] s = new int[targets.size() + (next ? 1 : 0)];
      int n = 0;
      if (next) {
        s[n++] = i + 1;
      }
      for (LabelNode t : targets) {
        s[n++] = indexOf(t);
      }
      successors[i] = Arrays.stream(s).distinct().toArray();
      for (int to : successors[i]) {
        counts[to]++;
      }
    }
    predecessors = new int[nodes.length][];
    for (int i = 0; i < nodes.length; i++) {
      predecessors[i] = new int[counts[i]];
    }
    for (int i = 0; i < nodes.length; i++) {
      for (int to : successors[i]) {
        predecessors[to][--counts[to]] = i;
      }
    }
    order = reversePostorder();
    position = new int[nodes.length];
    Arrays.fill(position, -1);
    for (int i = 0; i < order.length; i++) {
      position[order[i]] = i;
    }
  }

  /** Where a jump or switch can go, apart from the next instruction. */
  static List<LabelNode> targets(AbstractInsnNode n) {
    return switch (n) {
      case JumpInsnNode jump -> List.of(jump.label);
      case TableSwitchInsnNode t -> with(t.labels, t.dflt);
      case LookupSwitchInsnNode l -> with(l.labels, l.dflt);
      default -> List.of();
    };
  }

  private static List<LabelNode> with(List<LabelNode> labels, LabelNode more) {
    List<LabelNode> all = new ArrayList<>(labels);
    all.add(more);
    return all;
  }

  /** Whether control can go on to the next instruction. */
  static boolean fallsThrough(AbstractInsnNode n) {
    int op = n.getOpcode();
    return !(op == Opcodes.GOTO
        || op == Opcodes.TABLESWITCH
        || op == Opcodes.LOOKUPSWITCH
        || op == Opcodes.ATHROW
        || (op >= Opcodes.IRETURN && op <= Opcodes.RETURN));
  }

  int size() {
    return nodes.length;
  }

  AbstractInsnNode node(int i) {
    return nodes[i];
  }

  int indexOf(AbstractInsnNode n) {
    Integer i = index.get(n);
    if (i == null) {
      throw new IllegalStateException("instruction of another method");
    }
    return i;
  }

  int[] successors(int i) {
    return successors[i];
  }

  int[] predecessors(int i) {
    return predecessors[i];
  }

  /** Reachable instructions in reverse postorder. */
  int[] order() {
    return order;
  }

  /** Whether an edge goes back in that order: every cycle has such an edge. */
  boolean isRetreating(int from, int to) {
    return position[from] >= 0 && position[to] <= position[from];
  }

  /** Whether an instruction can be reached at all. */
  boolean isReached(int at) {
    return position[at] >= 0;
  }

  /** What dominates what; many passes do not ask. */
  Dominators dominators() {
    if (dominators == null) {
      dominators = new Dominators(successors, predecessors);
    }
    return dominators;
  }

  private int[] reversePostorder() {
    int[] result = new int[nodes.length];
    int filled = nodes.length;
    boolean[] seen = new boolean[nodes.length];
    int[] stack = new int[nodes.length];
    int[] next = new int[nodes.length];
    int depth = 0;
    if (nodes.length > 0) {
      seen[0] = true;
      stack[depth++] = 0;
    }
    while (depth > 0) {
      int at = stack[depth - 1];
      if (next[at] < successors[at].length) {
        int to = successors[at][next[at]++];
        if (!seen[to]) {
          seen[to] = true;
          stack[depth++] = to;
        }
      } else {
        depth--;
        result[--filled] = at;
      }
    }
    return Arrays.copyOfRange(result, filled, nodes.length);
  }
}
