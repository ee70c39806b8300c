package aerostat.vmm.image.rewrite;

import aerostat.vmm.image.erase.Code;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.InsnNode;
import org.objectweb.asm.tree.JumpInsnNode;
import org.objectweb.asm.tree.LabelNode;

/**
 * Cuts a counted loop into stretches with a poll between two of them. The inner loop keeps the
 * shape that the JIT knows best: a variable, a constant step, an unchanging limit.
 *
 * <pre>
 * entry:   if (!(i &lt; n)) goto exit
 * stretch: limit = n - i &lt;u 1024c ? n : i + 1024c
 *          goto body
 * header:  if (!(i &lt; limit)) goto next
 * body:    …; i += c; goto header
 * next:    if (!(i &lt; n)) goto exit
 *          poll; goto stretch
 * </pre>
 *
 * <p>The body runs only after a test against n, or against a limit that is no further than n, so
 * the loop does what it did whatever the limit is. Where the variable could step over the end of
 * its type, the limit is chosen such that each trip takes the way over {@code next}.
 */
final class StripMine {
  private final PollInsertion target;
  private final MethodPlan.LoopPlan plan;
  private final CountedLoop loop;
  private final @Nullable LateMarks marks;
  private final boolean wide;
  private final LabelNode entry = new LabelNode();
  private final LabelNode stretch = new LabelNode();
  private final LabelNode body = new LabelNode();
  private final LabelNode next = new LabelNode();
  private final LabelNode exit;
  private final int limit;
  private final @Nullable ZeroBased zero;

  StripMine(PollInsertion target, MethodPlan.LoopPlan plan, @Nullable LateMarks marks) {
    this.target = target;
    this.marks = marks;
    this.plan = plan;
    CountedLoop counted = plan.counted;
    if (counted == null) {
      throw new IllegalArgumentException("no counted loop");
    }
    loop = counted;
    wide = loop.wide();
    exit = loop.test().label;
    limit = target.method().newLocal(wide ? 'J' : 'I', "limit");
    zero = ZeroBased.match(target, plan);
  }

  void insert() {
    LabelNode header = plan.loop.label();
    target.redirect(plan, header, entry, false);
    InsnList before = new InsnList();
    before.add(entry);
    target.line(before, entry, header);
    leaveAtBound(before);
    before.add(stretch);
    if (marks != null) {
      marks.begin(before);
    }
    setLimit(before);
    target.remember(before, plan);
    target.code().insertBefore(header, before);

    InsnList after = new InsnList();
    after.add(next);
    target.line(after, next, header);
    if (marks != null) {
      marks.end(after);
    }
    leaveAtBound(after);
    after.add(Marks.poll());
    after.add(new JumpInsnNode(Opcodes.GOTO, stretch));
    target.append(after, plan);

    target.code().insert(testAgainstLimit(), body);
    if (zero != null) {
      zero.apply();
    }
  }

  private static AbstractInsnNode copy(AbstractInsnNode n) {
    return n.clone(Map.of());
  }

  private void add(InsnList out, int intOpcode, int longOpcode) {
    out.add(new InsnNode(wide ? longOpcode : intOpcode));
  }

  private AbstractInsnNode constant(long value) {
    return wide ? Code.push(value) : Code.push((int) value);
  }

  private AbstractInsnNode variable() {
    return Code.load(wide ? 'J' : 'I', loop.variable());
  }

  private void bound(InsnList out) {
    loop.bound().forEach(n -> out.add(copy(n)));
  }

  /** Jump to a label when the comparison of the two operands above holds; IFxx opcodes. */
  private void compare(InsnList out, int condition, LabelNode to) {
    if (wide) {
      out.add(new InsnNode(Opcodes.LCMP));
      out.add(new JumpInsnNode(condition, to));
    } else {
      out.add(new JumpInsnNode(condition + Opcodes.IF_ICMPEQ - Opcodes.IFEQ, to));
    }
  }

  private int exitCondition() {
    if (loop.up()) {
      return loop.inclusive() ? Opcodes.IFGT : Opcodes.IFGE;
    }
    return loop.inclusive() ? Opcodes.IFLT : Opcodes.IFLE;
  }

  private void leaveAtBound(InsnList out) {
    out.add(variable());
    bound(out);
    compare(out, exitCondition(), exit);
  }

  private void setLimit(InsnList out) {
    long trips = Math.max(1, MethodPlan.CHUNK / plan.weight);
    long c = loop.step();
    long last = loop.inclusive() ? (trips - 1) * c : trips * c;
    long enough = trips * c;
    long smallest = wide ? Long.MIN_VALUE : Integer.MIN_VALUE;
    long largest = wide ? Long.MAX_VALUE : Integer.MAX_VALUE;
    LabelNode rest = new LabelNode();
    LabelNode done = new LabelNode();
    // The distance to the bound is at least 0 here, and right as an unsigned number.
    if (loop.up()) {
      bound(out);
      out.add(variable());
    } else {
      out.add(variable());
      bound(out);
    }
    add(out, Opcodes.ISUB, Opcodes.LSUB);
    out.add(constant(smallest));
    add(out, Opcodes.IADD, Opcodes.LADD);
    out.add(constant(smallest + enough));
    compare(out, Opcodes.IFLT, rest);
    out.add(variable());
    out.add(constant(last));
    add(out, loop.up() ? Opcodes.IADD : Opcodes.ISUB, loop.up() ? Opcodes.LADD : Opcodes.LSUB);
    out.add(new JumpInsnNode(Opcodes.GOTO, done));
    out.add(rest);
    if (loop.inclusive() || c != 1) {
      LabelNode safe = new LabelNode();
      bound(out);
      out.add(constant(loop.up() ? largest - c : smallest + c));
      compare(out, loop.up() ? Opcodes.IFLE : Opcodes.IFGE, safe);
      out.add(constant(loop.up() ? smallest : largest));
      out.add(new JumpInsnNode(Opcodes.GOTO, done));
      out.add(safe);
    }
    bound(out);
    out.add(done);
    out.add(Code.store(wide ? 'J' : 'I', limit));
    if (zero != null) {
      zero.begin(out, limit);
    }
    out.add(new JumpInsnNode(Opcodes.GOTO, body));
  }

  /** Rewrites the header's test in place; returns its jump. */
  private AbstractInsnNode testAgainstLimit() {
    InsnList code = target.code();
    AbstractInsnNode n = loop.test();
    for (AbstractInsnNode at : loop.bound()) {
      if (at.getNext() != null || at.getPrevious() != null) {
        code.remove(at);
      }
    }
    if (wide) {
      AbstractInsnNode previous = n.getPrevious();
      while (previous.getOpcode() != Opcodes.LCMP) {
        previous = previous.getPrevious();
      }
      code.insertBefore(previous, Code.load('J', limit));
      loop.test().label = next;
      return loop.test();
    }
    code.insertBefore(n, Code.load('I', limit));
    JumpInsnNode test = new JumpInsnNode(exitCondition() + Opcodes.IF_ICMPEQ - Opcodes.IFEQ, next);
    InsnList one = new InsnList();
    one.add(test);
    target.remember(one, plan);
    code.set(n, test);
    return test;
  }
}
