package aerostat.vmm.image.rewrite;

import java.util.BitSet;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.IincInsnNode;
import org.objectweb.asm.tree.VarInsnNode;

/** Which locals are still read after each instruction. */
final class Liveness {
  private final Flow flow;
  private final BitSet[] before;

  Liveness(Flow flow) {
    this.flow = flow;
    before = new BitSet[flow.size()];
    for (int i = 0; i < before.length; i++) {
      before[i] = new BitSet();
    }
    int[] order = flow.order();
    for (boolean changed = true; changed; ) {
      changed = false;
      for (int k = order.length - 1; k >= 0; k--) {
        int at = order[k];
        BitSet live = after(at);
        AbstractInsnNode n = flow.node(at);
        if (n instanceof VarInsnNode v) {
          live.set(v.var, v.getOpcode() <= Opcodes.ALOAD);
        } else if (n instanceof IincInsnNode inc) {
          live.set(inc.var);
        }
        if (!live.equals(before[at])) {
          before[at] = live;
          changed = true;
        }
      }
    }
  }

  /** Locals read on some way from the end of this instruction. */
  BitSet after(int at) {
    BitSet live = new BitSet();
    for (int to : flow.successors(at)) {
      live.or(before[to]);
    }
    return live;
  }
}
