package aerostat.vmm.image.rewrite;

import aerostat.vmm.image.erase.Code;
import aerostat.vmm.image.erase.ErasedMethod;
import aerostat.vmm.image.erase.Owners;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.IincInsnNode;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.InsnNode;
import org.objectweb.asm.tree.JumpInsnNode;
import org.objectweb.asm.tree.LabelNode;
import org.objectweb.asm.tree.LineNumberNode;
import org.objectweb.asm.tree.LookupSwitchInsnNode;
import org.objectweb.asm.tree.TableSwitchInsnNode;

/** Puts the guards of a method's loops, and its entry poll, into its code: the canonical form. */
final class PollInsertion {
  private final MethodPlan plan;
  private final ErasedMethod method;
  private final InsnList code;

  /** For instructions that this pass has made: an original one that lies in the same loops. */
  private final Map<AbstractInsnNode, Integer> place = new HashMap<>();

  private int credit = -1;

  PollInsertion(MethodPlan plan) {
    this.plan = plan;
    method = plan.method;
    code = method.code().instructions;
  }

  void insert() {
    for (int i = 0; i < plan.flow.size(); i++) {
      place.put(plan.flow.node(i), i);
    }
    Map<MethodPlan.LoopPlan, LateMarks> marks = new LinkedHashMap<>();
    for (MethodPlan.LoopPlan l : plan.loops) {
      LateMarks late = LateMarks.prepare(this, l);
      if (late != null) {
        marks.put(l, late);
      }
    }
    for (MethodPlan.LoopPlan l : plan.loops) {
      LateMarks late = marks.get(l);
      switch (l.guard) {
        case NONE -> {
          if (late != null) {
            late.enclose();
          }
        }
        case STRIP -> new StripMine(this, l, late).insert();
        case CREDIT, EVERY, BOUND -> guard(l);
      }
    }
    marks.values().forEach(LateMarks::guard);
    InsnList poll = new InsnList();
    if (plan.entryPoll) {
      if (plan.cyclic) {
        poll.add(Marks.enter());
      }
      if (plan.attentive) {
        poll.add(attend());
      }
      poll.add(Marks.poll());
    }
    InsnList entry = new InsnList();
    if (plan.entry != null && plan.entry.late()) {
      code.insertBefore(plan.entry.at(), poll);
    } else {
      entry.add(poll);
    }
    if (credit >= 0) {
      entry.add(Code.push(method.bound() >= 0 ? method.bound() : MethodPlan.CREDIT));
      entry.add(Code.store('I', credit));
    }
    if (entry.size() > 0) {
      int line = method.line();
      if (line > 0) {
        LabelNode start = new LabelNode();
        entry.insert(new LineNumberNode(line, start));
        entry.insert(start);
      }
      code.insert(entry);
    }
  }

  MethodPlan plan() {
    return plan;
  }

  ErasedMethod method() {
    return method;
  }

  InsnList code() {
    return code;
  }

  /** Adds new code that lies where the loop's header lies. */
  void append(InsnList block, MethodPlan.LoopPlan l) {
    remember(block, l);
    code.add(block);
  }

  void remember(InsnList block, MethodPlan.LoopPlan l) {
    for (AbstractInsnNode n : block) {
      place.put(n, l.loop.header());
    }
  }

  private int credit() {
    if (credit < 0) {
      credit = method.newLocal('I', "credit");
    }
    return credit;
  }

  private void guard(MethodPlan.LoopPlan l) {
    LabelNode header = l.loop.label();
    LabelNode block = new LabelNode();
    redirect(l, header, block, true);
    InsnList out = new InsnList();
    out.add(block);
    line(out, block, header);
    switch (l.guard) {
      case EVERY -> {
        out.add(attend());
        out.add(Marks.poll());
      }
      case CREDIT -> {
        out.add(new IincInsnNode(credit(), -l.weight));
        out.add(Code.load('I', credit()));
        out.add(new JumpInsnNode(Opcodes.IFGT, header));
        out.add(Code.push(MethodPlan.CREDIT));
        out.add(Code.store('I', credit()));
        if (l.weight == MethodPlan.HEAVY) {
          out.add(attend());
        }
        out.add(Marks.poll());
      }
      default -> {
        out.add(new IincInsnNode(credit(), -1));
        out.add(Code.load('I', credit()));
        out.add(new JumpInsnNode(Opcodes.IFGE, header));
        out.add(Code.push(method.id()));
        out.add(Code.call(Owners.INTRINSICS, "boundExceeded", "(I)V"));
        // The machine does not come back; the loop goes on for the verifier's sake.
      }
    }
    out.add(new JumpInsnNode(Opcodes.GOTO, header));
    append(out, l);
  }

  /**
   * Before a poll behind much work: a request makes it take the slow path at once. The countdown
   * alone may let hundreds more pass.
   */
  private static AbstractInsnNode attend() {
    return Code.call(Owners.INTRINSICS, "attend", "()V");
  }

  /** Adds the line of the loop's first instruction. */
  void line(InsnList out, LabelNode at, LabelNode header) {
    int line = 0;
    for (AbstractInsnNode n = header; n != null && n.getOpcode() < 0; n = n.getNext()) {
      if (n instanceof LineNumberNode found) {
        line = found.line;
      }
    }
    if (line == 0) {
      line = aerostat.vmm.image.verify.Refusals.lineOf(header);
    }
    if (line > 0) {
      out.add(new LineNumberNode(line, at));
    }
  }

  /** Makes all edges to the header that come from inside (or outside) the loop go elsewhere. */
  void redirect(MethodPlan.LoopPlan l, LabelNode header, LabelNode to, boolean inside) {
    AbstractInsnNode before = header.getPrevious();
    for (AbstractInsnNode n : code) {
      if (Flow.targets(n).contains(header) && isInside(l, n) == inside) {
        replace(n, header, to);
      }
    }
    if (inside && before != null && Flow.fallsThrough(before) && isInside(l, before)) {
      JumpInsnNode jump = new JumpInsnNode(Opcodes.GOTO, to);
      place.put(jump, l.loop.header());
      code.insertBefore(header, jump);
    }
  }

  private boolean isInside(MethodPlan.LoopPlan l, AbstractInsnNode n) {
    Integer index = place.get(n);
    return index != null && l.loop.body().get(index);
  }

  private static void replace(AbstractInsnNode n, LabelNode from, LabelNode to) {
    switch (n) {
      case JumpInsnNode jump -> jump.label = to;
      case TableSwitchInsnNode t -> {
        t.dflt = t.dflt == from ? to : t.dflt;
        replace(t.labels, from, to);
      }
      case LookupSwitchInsnNode s -> {
        s.dflt = s.dflt == from ? to : s.dflt;
        replace(s.labels, from, to);
      }
      default -> throw new IllegalArgumentException("no jump: " + n.getOpcode());
    }
  }

  private static void replace(List<LabelNode> labels, LabelNode from, LabelNode to) {
    labels.replaceAll(l -> l == from ? to : l);
  }

  static InsnNode insn(int opcode) {
    return new InsnNode(opcode);
  }
}
