package aerostat.vmm.image.rewrite;

import aerostat.vmm.image.IntrinsicTable;
import aerostat.vmm.image.erase.ErasedProgram;
import java.util.BitSet;
import org.objectweb.asm.tree.AbstractInsnNode;

/**
 * Where a method of a call-graph cycle polls and takes its bytes of the guest's stack: before its
 * first call or loop, and so not in the calls that end a recursion ({@code if (n < 2) return n}),
 * which are most of all calls where it branches.
 *
 * @param at the instruction to do it before; not in a loop
 * @param cost instructions that can run before, roughly
 * @param late false: at the very beginning
 */
record EntryPoint(AbstractInsnNode at, int cost, boolean late) {
  /** So much work may go by without a poll. */
  private static final int MAX_COST = 64;

  static EntryPoint find(ErasedProgram program, MethodPlan plan) {
    Flow flow = plan.flow;
    Dominators dominators = flow.dominators();
    int at = -1;
    for (int i : flow.order()) {
      if (needsPoll(program, plan, i)) {
        at = at < 0 ? i : at;
        while (!dominators.dominates(at, i)) {
          at = dominators.of(at);
        }
      }
    }
    EntryPoint first = new EntryPoint(flow.node(0), 0, false);
    if (at < 0) {
      return first;
    }
    while (plan.innermostPlan(at) != null && at != flow.order()[0]) {
      at = dominators.of(at);
    }
    // The beginning of the straight code around it, where fewer operands wait.
    while (isStraight(flow, at - 1)) {
      at--;
    }
    while (flow.node(at).getOpcode() < 0 && isStraight(flow, at)) {
      at++;
    }
    int cost = costBefore(flow, at);
    // A label can be jumped to: what stands before it would be passed by.
    boolean open = plan.innermostPlan(at) == null && flow.node(at).getOpcode() >= 0;
    return open && cost <= MAX_COST ? new EntryPoint(flow.node(at), cost, true) : first;
  }

  private static boolean needsPoll(ErasedProgram program, MethodPlan plan, int i) {
    AbstractInsnNode n = plan.flow.node(i);
    IntrinsicTable.Intrinsic intrinsic = MethodPlan.intrinsic(n);
    return program.callee(n) != null
        || (intrinsic != null && (intrinsic.leaves() || intrinsic.cost() > 1))
        || plan.innermostPlan(i) != null;
  }

  /** Whether this instruction leads to the next and nowhere else, and nothing else does. */
  private static boolean isStraight(Flow flow, int i) {
    return i >= 0
        && i + 1 < flow.size()
        && flow.successors(i).length == 1
        && flow.successors(i)[0] == i + 1
        && flow.predecessors(i + 1).length == 1;
  }

  /** Instructions that can be reached without passing this one; none of them lies in a loop. */
  private static int costBefore(Flow flow, int at) {
    BitSet before = new BitSet();
    int cost = 0;
    for (int i : flow.order()) {
      boolean reached = i == flow.order()[0];
      for (int p : flow.predecessors(i)) {
        reached |= before.get(p);
      }
      if (reached && i != at) {
        before.set(i);
        cost += flow.node(i).getOpcode() >= 0 ? 1 : 0;
      }
    }
    return cost;
  }
}
