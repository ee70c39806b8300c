package aerostat.vmm.image.rewrite;

import aerostat.vmm.image.FrameLayout;
import aerostat.vmm.image.IntrinsicTable;
import aerostat.vmm.image.Rule;
import aerostat.vmm.image.erase.ErasedMethod;
import aerostat.vmm.image.erase.ErasedProgram;
import aerostat.vmm.image.verify.Descriptors;
import aerostat.vmm.image.verify.Refusals;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.IincInsnNode;
import org.objectweb.asm.tree.LineNumberNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.VarInsnNode;
import org.objectweb.asm.tree.analysis.Analyzer;
import org.objectweb.asm.tree.analysis.AnalyzerException;
import org.objectweb.asm.tree.analysis.BasicInterpreter;
import org.objectweb.asm.tree.analysis.BasicValue;
import org.objectweb.asm.tree.analysis.Frame;

/** A method that can be stopped: its resume sites, and what lies in a frame at each. */
final class ResumableMethod {
  /** Bytes that each site has in the code at least, besides the loads of what is alive there. */
  private static final int LEAST_SITE = 16;

  /** Values in the frames of all instructions. A method that fits into 8,000 bytes has fewer. */
  private static final long MAX_VALUES = 8_000_000;

  /** Argument slots of a JVM method, less the footer's two. */
  private static final int MAX_SLOTS = 253;

  /**
   * A place where the method can stop.
   *
   * @param number from 1 up in code order; 0 is the method's beginning
   * @param at the poll or call; null for site 0
   * @param stack type letters of the operands below the call's arguments, bottom first
   * @param locals live locals, ascending
   * @param line source line, 0 if unknown
   */
  record Site(
      int number, @Nullable AbstractInsnNode at, String stack, List<Integer> locals, int line) {}

  private final ErasedMethod method;
  private final Map<AbstractInsnNode, Site> sites = new LinkedHashMap<>();
  private final Site start;
  private final Map<Integer, Character> types = new HashMap<>();

  ResumableMethod(
      ErasedProgram program, List<MethodPlan> plans, ErasedMethod method, Refusals refusals) {
    this.method = method;
    List<Integer> parameters = new ArrayList<>();
    int local = 0;
    for (Type t : Type.getArgumentTypes(method.descriptor())) {
      parameters.add(local);
      types.put(local, Descriptors.computational(t));
      local += t.getSize();
    }
    start = new Site(0, null, "", parameters, method.line());
    Flow flow = new Flow(method.code().instructions);
    findTypes(flow);
    if (!fits(flow.size(), refusals)) {
      return;
    }
    Liveness liveness = new Liveness(flow);
    Frame<BasicValue>[] frames = frames();
    int line = 0;
    int bytes = 0;
    for (int i = 0; i < flow.size() && bytes <= ProgramEmitter.MAX_SIZE; i++) {
      AbstractInsnNode n = flow.node(i);
      line = n instanceof LineNumberNode l ? l.line : line;
      if (frames[i] != null && isSite(program, plans, n)) {
        Site site = site(n, line, liveness.after(i), frames[i]);
        sites.put(n, site);
        bytes += LEAST_SITE + site.locals.size();
      }
    }
    if (bytes > ProgramEmitter.MAX_SIZE) {
      refuse(refusals, Rule.METHOD_SIZE, line, "too many places to stop at, and variables at them");
    }
    check(refusals);
  }

  private static boolean isSite(ErasedProgram program, List<MethodPlan> plans, AbstractInsnNode n) {
    if (Marks.isPoll(n)) {
      return true;
    }
    ErasedMethod callee = program.callee(n);
    if (callee != null) {
      return plans.get(callee.id() - 1).resumable;
    }
    IntrinsicTable.Intrinsic intrinsic = MethodPlan.intrinsic(n);
    return intrinsic != null && intrinsic.leaves();
  }

  private Site site(AbstractInsnNode n, int line, BitSet live, Frame<BasicValue> frame) {
    int arguments = Marks.isPoll(n) ? 0 : Type.getArgumentTypes(((MethodInsnNode) n).desc).length;
    StringBuilder stack = new StringBuilder();
    for (int s = 0; s < frame.getStackSize() - arguments; s++) {
      stack.append(frame.getStack(s).getType().getDescriptor());
    }
    return new Site(sites.size() + 1, n, stack.toString(), live.stream().boxed().toList(), line);
  }

  private void findTypes(Flow flow) {
    for (int i = 0; i < flow.size(); i++) {
      switch (flow.node(i)) {
        case VarInsnNode v -> {
          int op = v.getOpcode();
          char type =
              "IJFD".charAt(op >= Opcodes.ISTORE ? op - Opcodes.ISTORE : op - Opcodes.ILOAD);
          Character known = types.put(v.var, type);
          if (known != null && known != type) {
            throw new IllegalStateException("local " + v.var + " of " + method.describe());
          }
        }
        case IincInsnNode inc -> types.put(inc.var, 'I');
        default -> {}
      }
    }
  }

  private Frame<BasicValue>[] frames() {
    try {
      Analyzer<BasicValue> analyzer = new Analyzer<>(new BasicInterpreter());
      return analyzer.analyzeAndComputeMaxs(method.owner().name(), method.code());
    } catch (AnalyzerException e) {
      throw new IllegalStateException("canonical form of " + method.describe(), e);
    }
  }

  /** Whether a frame for each instruction, and what is alive there, can be kept for a while. */
  private boolean fits(int instructions, Refusals refusals) {
    long values = (long) instructions * (method.code().maxLocals + method.code().maxStack);
    if (values > MAX_VALUES) {
      refuse(
          refusals,
          Rule.LIMITS,
          method.line(),
          "instructions times locals and stack after erasure ("
              + values
              + ") exceed "
              + MAX_VALUES);
    }
    return values <= MAX_VALUES;
  }

  private void check(Refusals refusals) {
    for (Site s : sites.values()) {
      int slots = 0;
      for (char c : letters(s).toCharArray()) {
        slots += c == 'J' || c == 'D' ? 2 : 1;
      }
      if (slots > MAX_SLOTS) {
        refuse(refusals, Rule.LIMITS, s.line, "too many live variables at a place to stop at");
      }
    }
  }

  private void refuse(Refusals refusals, Rule rule, int line, String what) {
    refusals.add(rule, method.owner().name(), method.sourceName(), line, what, "split the method");
  }

  ErasedMethod method() {
    return method;
  }

  /** Site 0: the slots are the parameters. */
  Site start() {
    return start;
  }

  /** Sites 1 up. */
  List<Site> sites() {
    return List.copyOf(sites.values());
  }

  /** The site at this instruction, or null. */
  @Nullable Site siteAt(AbstractInsnNode n) {
    return sites.get(n);
  }

  char typeOf(int local) {
    Character type = types.get(local);
    if (type == null) {
      throw new IllegalStateException("local " + local + " of " + method.describe());
    }
    return type;
  }

  /** Types of all slots of a frame. */
  String letters(Site site) {
    StringBuilder letters = new StringBuilder(site.stack);
    site.locals.forEach(l -> letters.append(typeOf(l)));
    return letters.toString();
  }

  /** Words of a frame, footer included. */
  int words(Site site) {
    return site.stack.length() + site.locals.size() + 1;
  }

  /** Bytes of the largest frame. */
  int maxBytes() {
    int words = words(start);
    for (Site s : sites.values()) {
      words = Math.max(words, words(s));
    }
    return words * Long.BYTES;
  }

  /** Slots of all its layouts. */
  int slots() {
    int slots = 0;
    for (Site s : sites.values()) {
      slots += s.stack.length() + s.locals.size();
    }
    return slots;
  }

  /** Layouts by site number. */
  List<FrameLayout> layouts() {
    List<FrameLayout> layouts = new ArrayList<>();
    layouts.add(layout(start));
    sites.values().forEach(s -> layouts.add(layout(s)));
    return layouts;
  }

  private FrameLayout layout(Site site) {
    List<FrameLayout.Slot> slots = new ArrayList<>();
    for (int i = 0; i < site.stack.length(); i++) {
      slots.add(new FrameLayout.Slot("stack" + i, site.stack.charAt(i)));
    }
    site.locals.forEach(l -> slots.add(new FrameLayout.Slot(method.localName(l), typeOf(l))));
    return new FrameLayout(words(site), site.line, slots);
  }
}
