package aerostat.vmm.image.rewrite;

import aerostat.vmm.image.erase.Code;
import aerostat.vmm.image.rewrite.MethodPlan.LoopPlan;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.IincInsnNode;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.InsnNode;
import org.objectweb.asm.tree.VarInsnNode;

/**
 * Lets a stretch of a loop count from 0, and {@code (long) i} in it become {@code base + (long) j}.
 * The JIT does not know that i + 1 does not wrap where a stretch begins anywhere, and so neither
 * takes the bounds checks of {@code area + ((long) i << 3)} out of the loop nor vectorizes it.
 *
 * <pre>
 * base = (long) i; j = 0; count = limit - i
 * header: if (!(j &lt; count)) goto next
 *         … base + (long) j …; i++; j++; goto header
 * </pre>
 */
final class ZeroBased {
  private final PollInsertion target;
  private final LoopPlan plan;
  private final int variable;
  private final List<AbstractInsnNode> uses;
  private final List<IincInsnNode> steps;
  private final int base;
  private final int index;
  private final int count;

  private ZeroBased(
      PollInsertion target,
      LoopPlan plan,
      int variable,
      List<AbstractInsnNode> uses,
      List<IincInsnNode> steps) {
    this.target = target;
    this.plan = plan;
    this.variable = variable;
    this.uses = uses;
    this.steps = steps;
    base = target.method().newLocal('J', "base");
    index = target.method().newLocal('I', "index");
    count = target.method().newLocal('I', "count");
  }

  /** For a loop that such a form exists of; before its code is changed. */
  static @Nullable ZeroBased match(PollInsertion target, LoopPlan plan) {
    CountedLoop counted = plan.counted;
    if (counted == null
        || counted.wide()
        || !counted.up()
        || counted.inclusive()
        || counted.step() != 1) {
      return null;
    }
    List<AbstractInsnNode> uses = new ArrayList<>();
    List<IincInsnNode> steps = new ArrayList<>();
    for (int i : plan.loop.body().stream().toArray()) {
      AbstractInsnNode n = target.plan().flow.node(i);
      if (n instanceof IincInsnNode inc && inc.var == counted.variable()) {
        steps.add(inc);
      }
      if (n instanceof VarInsnNode load
          && load.var == counted.variable()
          && load.getOpcode() == Opcodes.ILOAD
          && load.getNext().getOpcode() == Opcodes.I2L) {
        uses.add(load);
      }
    }
    return uses.isEmpty() || steps.isEmpty()
        ? null
        : new ZeroBased(target, plan, counted.variable(), uses, steps);
  }

  /** At the beginning of a stretch, when its limit is known. */
  void begin(InsnList out, int limit) {
    out.add(Code.load('I', variable));
    out.add(new InsnNode(Opcodes.I2L));
    out.add(Code.store('J', base));
    out.add(Code.load('I', limit));
    out.add(Code.load('I', variable));
    out.add(new InsnNode(Opcodes.ISUB));
    out.add(Code.store('I', count));
    out.add(Code.push(0));
    out.add(Code.store('I', index));
  }

  /** Changes the loop, whose header tests the variable against the limit by now. */
  void apply() {
    AbstractInsnNode load = instruction(plan.loop.label());
    InsnList code = target.code();
    code.set(instruction(load.getNext()), Code.load('I', count));
    code.set(load, Code.load('I', index));
    for (AbstractInsnNode use : uses) {
      code.insert(use.getNext(), new InsnNode(Opcodes.LADD));
      code.insertBefore(use, Code.load('J', base));
      code.set(use, Code.load('I', index));
    }
    for (IincInsnNode step : steps) {
      code.insert(step, new IincInsnNode(index, step.incr));
    }
  }

  /** This node, or the next that is no label, line or frame: a line may begin anywhere. */
  private static AbstractInsnNode instruction(AbstractInsnNode from) {
    AbstractInsnNode n = from;
    while (n.getOpcode() < 0) {
      n = n.getNext();
    }
    return n;
  }
}
