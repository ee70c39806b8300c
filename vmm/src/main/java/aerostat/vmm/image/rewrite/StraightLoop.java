package aerostat.vmm.image.rewrite;

import aerostat.vmm.image.IntrinsicTable;
import aerostat.vmm.image.rewrite.MethodPlan.LoopPlan;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.IincInsnNode;
import org.objectweb.asm.tree.JumpInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.VarInsnNode;
import org.objectweb.asm.tree.analysis.AnalyzerException;
import org.objectweb.asm.tree.analysis.Frame;

/**
 * A counted loop whose body is one straight piece of code that calls nothing but loads and stores
 * of guest memory: the way through it, and the address of each store as a {@link Linear}.
 */
final class StraightLoop {
  private static final Set<String> ACCESS =
      Set.of("load8", "load16", "load32", "load64", "store8", "store16", "store32", "store64");

  private final Flow flow;
  private final Loop loop;
  private final CountedLoop counted;
  private final List<AbstractInsnNode> way = new ArrayList<>();
  private final Set<Integer> changed = new HashSet<>();

  private StraightLoop(Flow flow, Loop loop, CountedLoop counted) {
    this.flow = flow;
    this.loop = loop;
    this.counted = counted;
  }

  /** The loop in this form, or null if it is another kind of loop. */
  static @Nullable StraightLoop match(Flow flow, LoopPlan plan) {
    if (plan.counted == null || !plan.loop.isNatural() || plan.loop.latches().size() != 1) {
      return null;
    }
    StraightLoop straight = new StraightLoop(flow, plan.loop, plan.counted);
    return straight.walk() ? straight : null;
  }

  private boolean walk() {
    int first = loop.header();
    int size = loop.body().cardinality();
    if (loop.body().nextClearBit(first) != first + size
        || !(flow.node(first + size - 1) instanceof JumpInsnNode)) {
      return false; // not one piece
    }
    boolean stepped = false;
    for (int i = first; way.size() < size; i++) {
      AbstractInsnNode n = flow.node(i);
      way.add(n);
      boolean back = way.size() == size;
      if (back
          ? n.getOpcode() != Opcodes.GOTO
          : n != counted.test() && (n instanceof JumpInsnNode || flow.successors(i).length != 1)) {
        return false;
      }
      // Whoever catches a fault takes the variable for that of the trip that faulted.
      if (stepped && !back && n.getOpcode() >= 0) {
        return false;
      }
      if (n instanceof MethodInsnNode call && !isHarmless(call)) {
        return false;
      }
      int written = written(n);
      if (written >= 0) {
        changed.add(written);
        stepped |= written == counted.variable();
      }
    }
    return stepped;
  }

  private static boolean isHarmless(MethodInsnNode call) {
    IntrinsicTable.Intrinsic intrinsic = MethodPlan.intrinsic(call);
    return intrinsic != null
        ? ACCESS.contains(intrinsic.name())
        : call.owner.startsWith("java/lang/");
  }

  /** The local that an instruction changes, or −1. */
  private static int written(AbstractInsnNode n) {
    if (n instanceof VarInsnNode v && v.getOpcode() >= Opcodes.ISTORE) {
      return v.var;
    }
    return n instanceof IincInsnNode inc ? inc.var : -1;
  }

  /** The trip's last instruction, which jumps back. */
  AbstractInsnNode last() {
    return way.get(way.size() - 1);
  }

  /**
   * The stores whose addresses depend on the loop's variable and on what the loop does not change;
   * none if the loop uses operands that were there before it.
   */
  Map<MethodInsnNode, Linear> stores(int locals) {
    Frame<Linear> frame = new Frame<>(locals, 2 * way.size() + 4);
    for (int i = 0; i < locals; i++) {
      frame.setLocal(i, LinearInterpreter.UNTOUCHED);
    }
    LinearInterpreter interpreter = new LinearInterpreter();
    Map<MethodInsnNode, Linear> stores = new LinkedHashMap<>();
    try {
      for (AbstractInsnNode n : way) {
        if (n instanceof MethodInsnNode call
            && MethodPlan.intrinsic(call) != null
            && call.name.startsWith("store")) {
          Linear address = frame.getStack(frame.getStackSize() - 2);
          if (isPlain(address)) {
            stores.put(call, address);
          }
        }
        if (n.getOpcode() >= 0 && n.getOpcode() != Opcodes.GOTO) {
          frame.execute(n, interpreter);
        }
      }
    } catch (IndexOutOfBoundsException e) {
      return Map.of(); // an operand that was there before the loop, of which nothing is known here
    } catch (AnalyzerException e) {
      throw new IllegalStateException("straight code", e);
    }
    return stores;
  }

  private boolean isPlain(Linear address) {
    return address.factors() != null
        && address.factors().keySet().stream()
            .allMatch(local -> local == counted.variable() || !changed.contains(local));
  }
}
