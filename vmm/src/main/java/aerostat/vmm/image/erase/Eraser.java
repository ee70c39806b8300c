package aerostat.vmm.image.erase;

import aerostat.vmm.image.verify.CallResolver;
import aerostat.vmm.image.verify.CallTarget;
import aerostat.vmm.image.verify.CodeValues;
import aerostat.vmm.image.verify.Descriptors;
import aerostat.vmm.image.verify.GuestMethod;
import aerostat.vmm.image.verify.ImageModel;
import aerostat.vmm.image.verify.VerifiedImage;
import java.util.HashMap;
import java.util.Map;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.IincInsnNode;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.InsnNode;
import org.objectweb.asm.tree.InvokeDynamicInsnNode;
import org.objectweb.asm.tree.JumpInsnNode;
import org.objectweb.asm.tree.LabelNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.LineNumberNode;
import org.objectweb.asm.tree.LocalVariableNode;
import org.objectweb.asm.tree.LookupSwitchInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.TableSwitchInsnNode;
import org.objectweb.asm.tree.VarInsnNode;
import org.objectweb.asm.tree.analysis.BasicValue;
import org.objectweb.asm.tree.analysis.Frame;

/**
 * Erases one method: every reference becomes a long. A local variable of the class file becomes one
 * local for each type that is kept in it, so that in erased code a local has one type throughout.
 */
final class Eraser {
  private static final int MAX_NAME = 64;

  private final ImageModel model;
  private final Naming naming;
  private final CallResolver resolver;
  private final GuestMethod origin;
  private final Frame<BasicValue>[] frames;
  private final ErasedMethod target;
  private final InsnList out;
  private final Map<String, Integer> locals = new HashMap<>();
  private final Map<LabelNode, LabelNode> labels = new HashMap<>();

  Eraser(VerifiedImage image, Naming naming, GuestMethod origin, ErasedMethod target) {
    model = image.model();
    this.naming = naming;
    resolver = new CallResolver(model);
    this.origin = origin;
    Frame<BasicValue>[] known = image.frames().get(origin);
    if (known == null) {
      throw new IllegalStateException("unverified: " + origin);
    }
    frames = known;
    this.target = target;
    out = target.code().instructions;
  }

  void erase() {
    MethodNode node = origin.node();
    parameters();
    // Generous: each reference has grown by a slot, and tests against null push a zero.
    target.code().maxStack = 2 * node.maxStack + 8;
    for (AbstractInsnNode n : node.instructions) {
      if (n instanceof LabelNode label) {
        labels.put(label, new LabelNode());
      }
    }
    int index = 0;
    for (AbstractInsnNode n : node.instructions) {
      Frame<BasicValue> frame = frames[index++];
      switch (n) {
        case LabelNode label -> out.add(label(label));
        case LineNumberNode line -> out.add(new LineNumberNode(line.line, label(line.start)));
        default -> {
          // What nothing reaches is dropped: it has no frame to go by.
          if (n.getOpcode() >= 0 && frame != null) {
            instruction(n, frame);
          }
        }
      }
    }
  }

  private void parameters() {
    int from = 0;
    int to = 0;
    if (!origin.isStatic()) {
      bind(0, 'A', 0);
      from = 1;
      to = 2;
    }
    for (Type t : Type.getArgumentTypes(origin.descriptor())) {
      char kind = kind(t);
      bind(from, kind, to);
      from += t.getSize();
      to += kind == 'A' ? 2 : t.getSize();
    }
    target.code().maxLocals = to;
  }

  private static char kind(Type t) {
    return t.getSort() >= Type.ARRAY ? 'A' : Descriptors.computational(t);
  }

  private void bind(int variable, char kind, int local) {
    locals.put(kind + "" + variable, local);
    target.nameLocal(local, sourceName(variable, kind));
  }

  private int local(int variable, char kind) {
    Integer known = locals.get(kind + "" + variable);
    if (known != null) {
      return known;
    }
    int fresh = target.newLocal(kind == 'A' ? 'J' : kind, sourceName(variable, kind));
    locals.put(kind + "" + variable, fresh);
    return fresh;
  }

  private String sourceName(int variable, char kind) {
    if (origin.node().localVariables != null) {
      for (LocalVariableNode v : origin.node().localVariables) {
        if (v.index == variable
            && v.name.length() <= MAX_NAME
            && !v.desc.isEmpty()
            && ("L[".indexOf(v.desc.charAt(0)) >= 0 ? 'A' : shorten(v.desc.charAt(0))) == kind) {
          return v.name;
        }
      }
    }
    return "v" + variable;
  }

  private static char shorten(char c) {
    return "ZBCS".indexOf(c) >= 0 ? 'I' : c;
  }

  private LabelNode label(LabelNode from) {
    LabelNode to = labels.get(from);
    if (to == null) {
      throw new IllegalStateException("label outside the method");
    }
    return to;
  }

  private LabelNode[] labels(java.util.List<LabelNode> from) {
    return from.stream().map(this::label).toArray(LabelNode[]::new);
  }

  private void add(int opcode) {
    out.add(new InsnNode(opcode));
  }

  private void instruction(AbstractInsnNode n, Frame<BasicValue> frame) {
    switch (n) {
      case VarInsnNode v -> variable(v);
      case IincInsnNode i -> out.add(new IincInsnNode(local(i.var, 'I'), i.incr));
      case MethodInsnNode call -> call(call);
      case InvokeDynamicInsnNode indy ->
          out.add(Code.push((long) model.opsNumber(model.lambda(indy))));
      case FieldInsnNode f -> {
        if (f.getOpcode() == Opcodes.GETSTATIC) {
          Object value = model.constantValue(f);
          if (value == null) {
            throw new IllegalStateException("unverified field " + f.name);
          }
          out.add(new LdcInsnNode(value));
        }
      }
      case LdcInsnNode ldc -> constant(ldc);
      case JumpInsnNode jump -> jump(jump);
      case TableSwitchInsnNode t ->
          out.add(new TableSwitchInsnNode(t.min, t.max, label(t.dflt), labels(t.labels)));
      case LookupSwitchInsnNode l ->
          out.add(
              new LookupSwitchInsnNode(
                  label(l.dflt),
                  l.keys.stream().mapToInt(Integer::intValue).toArray(),
                  labels(l.labels)));
      default -> plain(n, frame);
    }
  }

  private void variable(VarInsnNode v) {
    switch (v.getOpcode()) {
      case Opcodes.ALOAD -> out.add(new VarInsnNode(Opcodes.LLOAD, local(v.var, 'A')));
      case Opcodes.ASTORE -> out.add(new VarInsnNode(Opcodes.LSTORE, local(v.var, 'A')));
      default -> {
        int op = v.getOpcode();
        char kind = "IJFD".charAt(op >= Opcodes.ISTORE ? op - Opcodes.ISTORE : op - Opcodes.ILOAD);
        out.add(new VarInsnNode(op, local(v.var, kind)));
      }
    }
  }

  private void call(MethodInsnNode call) {
    switch (resolver.resolve(call)) {
      case CallTarget.Identity i -> {}
      case CallTarget.Machine m ->
          out.add(Code.call(Owners.INTRINSICS, m.intrinsic().name(), m.intrinsic().descriptor()));
      case CallTarget.Pure p -> out.add(Code.call(p.owner(), p.name(), p.descriptor()));
      case CallTarget.Direct d -> call(naming.of(d.method()));
      case CallTarget.Dispatch d -> call(naming.of(d));
      case CallTarget.NewOps o -> out.add(Code.push((long) model.opsNumber(o.record())));
    }
  }

  private void call(ErasedMethod m) {
    out.add(Code.call(m.owner().name(), m.name(), m.descriptor()));
  }

  private void constant(LdcInsnNode ldc) {
    if (ldc.cst instanceof String text) {
      Long address = model.image().strings().get(text);
      if (address == null) {
        throw new IllegalStateException("unverified string");
      }
      out.add(Code.push((long) address));
    } else {
      out.add(new LdcInsnNode(ldc.cst));
    }
  }

  private void jump(JumpInsnNode jump) {
    LabelNode to = label(jump.label);
    switch (jump.getOpcode()) {
      case Opcodes.IFNULL, Opcodes.IFNONNULL -> {
        add(Opcodes.LCONST_0);
        add(Opcodes.LCMP);
        int op = jump.getOpcode() == Opcodes.IFNULL ? Opcodes.IFEQ : Opcodes.IFNE;
        out.add(new JumpInsnNode(op, to));
      }
      case Opcodes.IF_ACMPEQ, Opcodes.IF_ACMPNE -> {
        add(Opcodes.LCMP);
        int op = jump.getOpcode() == Opcodes.IF_ACMPEQ ? Opcodes.IFEQ : Opcodes.IFNE;
        out.add(new JumpInsnNode(op, to));
      }
      default -> out.add(new JumpInsnNode(jump.getOpcode(), to));
    }
  }

  private void plain(AbstractInsnNode n, Frame<BasicValue> frame) {
    switch (n.getOpcode()) {
      case Opcodes.NOP, Opcodes.NEW, Opcodes.CHECKCAST -> {}
      case Opcodes.ACONST_NULL -> add(Opcodes.LCONST_0);
      case Opcodes.ARETURN -> add(Opcodes.LRETURN);
      case Opcodes.DUP -> {
        if (!(frame.getStack(frame.getStackSize() - 1) instanceof CodeValues.NewValue)) {
          new StackOps(target, frame).emit(n.getOpcode());
        }
      }
      case Opcodes.POP,
          Opcodes.POP2,
          Opcodes.SWAP,
          Opcodes.DUP2,
          Opcodes.DUP_X1,
          Opcodes.DUP_X2,
          Opcodes.DUP2_X1,
          Opcodes.DUP2_X2 ->
          new StackOps(target, frame).emit(n.getOpcode());
      default -> out.add(n.clone(Map.of()));
    }
  }
}
