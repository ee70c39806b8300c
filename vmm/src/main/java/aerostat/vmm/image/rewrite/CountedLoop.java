package aerostat.vmm.image.rewrite;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.IincInsnNode;
import org.objectweb.asm.tree.InsnNode;
import org.objectweb.asm.tree.IntInsnNode;
import org.objectweb.asm.tree.JumpInsnNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.VarInsnNode;

/**
 * A loop as javac makes it of {@code for (i = …; i < n; i += c)}: the header tests a local variable
 * against something that the loop does not change, and each trip steps the variable once.
 *
 * @param wide the variable is a long
 * @param variable local index
 * @param bound code that pushes what the variable is compared with; pure, unchanging
 * @param test the jump that leaves the loop (after LCMP for a long)
 * @param up whether the variable grows
 * @param inclusive whether the loop also runs when the variable equals the bound
 * @param step by how much the variable changes each trip; positive
 */
record CountedLoop(
    boolean wide,
    int variable,
    List<AbstractInsnNode> bound,
    JumpInsnNode test,
    boolean up,
    boolean inclusive,
    long step) {

  private static final long MAX_STEP = 1 << 20;
  private static final long MAX_WIDE_STEP = 1L << 40;

  /** The loop in this form, or null if it is another kind of loop. */
  static @Nullable CountedLoop match(Flow flow, Loop loop, List<Loop> loops) {
    if (!loop.isNatural()) {
      return null;
    }
    Reader in = new Reader(flow, loop);
    AbstractInsnNode first = in.next();
    boolean wide = first != null && first.getOpcode() == Opcodes.LLOAD;
    if (!(first instanceof VarInsnNode load) || (first.getOpcode() != Opcodes.ILOAD && !wide)) {
      return null;
    }
    List<AbstractInsnNode> bound = new ArrayList<>();
    AbstractInsnNode n = in.next();
    while (n != null && !(n instanceof JumpInsnNode) && n.getOpcode() != Opcodes.LCMP) {
      bound.add(n);
      n = in.next();
    }
    if (wide) {
      n = n != null && n.getOpcode() == Opcodes.LCMP ? in.next() : null;
    }
    if (!(n instanceof JumpInsnNode test) || loop.body().get(flow.indexOf(test.label))) {
      return null;
    }
    int condition = test.getOpcode();
    if (!wide && bound.isEmpty()) {
      bound.add(new InsnNode(Opcodes.ICONST_0));
    } else if (!wide) {
      condition += Opcodes.IFEQ - Opcodes.IF_ICMPEQ;
    }
    if (condition < Opcodes.IFLT
        || condition > Opcodes.IFLE
        || !Pure.isPure(bound, wide, loop, flow)) {
      return null;
    }
    boolean up = condition == Opcodes.IFGE || condition == Opcodes.IFGT;
    boolean inclusive = condition == Opcodes.IFGT || condition == Opcodes.IFLT;
    long step = step(flow, loop, loops, load.var, wide);
    long size = up ? step : -step;
    return size <= 0 || size > (wide ? MAX_WIDE_STEP : MAX_STEP)
        ? null
        : new CountedLoop(wide, load.var, bound, test, up, inclusive, size);
  }

  /** Trips if the bound and the value before the loop are constants, else -1. */
  long constantTrips(Flow flow, Loop loop) {
    Long limit = bound.size() == 1 ? constant(bound.get(0)) : null;
    Long start = null;
    for (int p : flow.predecessors(loop.header())) {
      if (loop.body().get(p)) {
        continue;
      }
      AbstractInsnNode store = before(flow, p);
      AbstractInsnNode push = store == null ? null : before(flow, flow.indexOf(store) - 1);
      if (start != null
          || !(store instanceof VarInsnNode v)
          || v.var != variable
          || v.getOpcode() != (wide ? Opcodes.LSTORE : Opcodes.ISTORE)
          || push == null) {
        return -1;
      }
      start = constant(push);
    }
    if (limit == null || start == null) {
      return -1;
    }
    if (up ? start > limit : start < limit) {
      return 0;
    }
    long distance = up ? limit - start : start - limit;
    if (distance < 0 || distance > Long.MAX_VALUE - step) {
      return -1; // further apart than a long can tell
    }
    long trips = inclusive ? distance / step + 1 : (distance + step - 1) / step;
    // A variable that could wrap around may count for ever.
    long type = wide ? Long.MAX_VALUE : Integer.MAX_VALUE;
    boolean wraps = up ? limit > type - step : limit < -type + step;
    return wraps ? -1 : trips;
  }

  /** The nearest real instruction at or before this index, all in one straight line; or null. */
  private static @Nullable AbstractInsnNode before(Flow flow, int index) {
    for (int i = index; i >= 0; i--) {
      if (i != index && flow.successors(i).length != 1) {
        return null;
      }
      if (flow.node(i).getOpcode() >= 0) {
        return flow.node(i);
      }
      if (flow.predecessors(i).length != 1) {
        return null;
      }
    }
    return null;
  }

  /** The constant that an instruction pushes, or null. */
  private static @Nullable Long constant(AbstractInsnNode n) {
    int op = n.getOpcode();
    if (op >= Opcodes.ICONST_M1 && op <= Opcodes.ICONST_5) {
      return (long) op - Opcodes.ICONST_0;
    }
    if (op == Opcodes.LCONST_0 || op == Opcodes.LCONST_1) {
      return (long) op - Opcodes.LCONST_0;
    }
    if (n instanceof IntInsnNode i && op != Opcodes.NEWARRAY) {
      return (long) i.operand;
    }
    if (n instanceof LdcInsnNode ldc && (ldc.cst instanceof Integer || ldc.cst instanceof Long)) {
      return ((Number) ldc.cst).longValue();
    }
    return null;
  }

  /** By how much each trip changes the variable, 0 if that is not plain. */
  private static long step(Flow flow, Loop loop, List<Loop> loops, int variable, boolean wide) {
    long step = 0;
    for (int i = loop.body().nextSetBit(0); i >= 0; i = loop.body().nextSetBit(i + 1)) {
      AbstractInsnNode n = flow.node(i);
      boolean store =
          n instanceof VarInsnNode v
              && v.var == variable
              && v.getOpcode() == (wide ? Opcodes.LSTORE : Opcodes.ISTORE);
      boolean increment = n instanceof IincInsnNode inc && inc.var == variable;
      if (!store && !increment) {
        continue;
      }
      if (step != 0 || innermost(loops, i) != loop) {
        return 0;
      }
      for (int latch : loop.latches()) {
        if (!flow.dominators().dominates(i, latch)) {
          return 0;
        }
      }
      step = n instanceof IincInsnNode inc ? inc.incr : addition(n, variable, wide);
      if (step == 0) {
        return 0;
      }
    }
    return step;
  }

  static @Nullable Loop innermost(List<Loop> loops, int index) {
    for (Loop l : loops) {
      if (l.body().get(index)) {
        return l;
      }
    }
    return null;
  }

  /** The constant c of {@code v = v + c} or {@code v = v - c} that ends with this store, or 0. */
  private static long addition(AbstractInsnNode store, int variable, boolean wide) {
    AbstractInsnNode operation = store.getPrevious();
    AbstractInsnNode push = operation == null ? null : operation.getPrevious();
    AbstractInsnNode load = push == null ? null : push.getPrevious();
    if (operation == null
        || push == null
        || !(load instanceof VarInsnNode v)
        || v.var != variable
        || v.getOpcode() != (wide ? Opcodes.LLOAD : Opcodes.ILOAD)) {
      return 0;
    }
    Long constant = constant(push);
    if (constant == null || constant == Long.MIN_VALUE) {
      return 0;
    }
    int op = operation.getOpcode();
    if (op == (wide ? Opcodes.LADD : Opcodes.IADD)) {
      return constant;
    }
    return op == (wide ? Opcodes.LSUB : Opcodes.ISUB) ? -constant : 0;
  }

  /** Reads real instructions from the header on, as long as nothing else leads to them. */
  private static final class Reader {
    private final Flow flow;
    private int at;

    Reader(Flow flow, Loop loop) {
      this.flow = flow;
      at = loop.header();
    }

    @Nullable AbstractInsnNode next() {
      while (at + 1 < flow.size() && flow.predecessors(at + 1).length == 1) {
        if (flow.predecessors(at + 1)[0] != at) {
          return null;
        }
        at++;
        if (flow.node(at).getOpcode() >= 0) {
          return flow.node(at);
        }
      }
      return null;
    }
  }
}
