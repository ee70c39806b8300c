package aerostat.vmm.image.rewrite;

import aerostat.vmm.image.ResumeTable;
import aerostat.vmm.image.erase.ErasedMethod;
import aerostat.vmm.image.erase.Owners;
import aerostat.vmm.image.rewrite.ResumableMethod.Site;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.IincInsnNode;
import org.objectweb.asm.tree.IntInsnNode;
import org.objectweb.asm.tree.JumpInsnNode;
import org.objectweb.asm.tree.LabelNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.LineNumberNode;
import org.objectweb.asm.tree.LookupSwitchInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.TableSwitchInsnNode;
import org.objectweb.asm.tree.TryCatchBlockNode;
import org.objectweb.asm.tree.VarInsnNode;

/**
 * Emits one copy of a method's canonical form: the hot one, or the one that goes on in a stopped
 * frame. Both poll and stop at the same places; the resume copy has, in addition, a way in at each.
 */
final class CopyEmitter {
  private final ErasedMethod method;
  private final @Nullable ResumableMethod resumable;
  private final int recursionBytes;

  /** Local for the bytes left for recursion when the method was called. */
  private final int depth;

  private final Intrinsics intrinsics;
  private final SpillHelpers spills;
  private final Map<LabelNode, Label> labels = new HashMap<>();
  private final Map<Site, Label> after = new HashMap<>();
  private final List<Runnable> outOfLine = new ArrayList<>();
  private MethodVisitor out;

  /** Which class a flavour's intrinsics are in. */
  interface Intrinsics {
    String ownerOf(MethodInsnNode call);
  }

  CopyEmitter(
      ErasedMethod method,
      @Nullable ResumableMethod resumable,
      int recursionBytes,
      Intrinsics intrinsics,
      SpillHelpers spills) {
    this.method = method;
    this.resumable = resumable;
    this.recursionBytes = recursionBytes;
    depth = recursionBytes > 0 ? method.code().maxLocals : -1;
    this.intrinsics = intrinsics;
    this.spills = spills;
    out = new MethodVisitor(Opcodes.ASM9) {};
  }

  /** Emits the hot copy; the label's offset is its size once the class has been written. */
  Label emitHot(ClassVisitor into) {
    return emit(into, method.name(), method.descriptor(), false);
  }

  /** Emits the resume copy. */
  Label emitResume(ClassVisitor into) {
    return emit(into, method.resumeName(), method.resumeDescriptor(), true);
  }

  private Label emit(ClassVisitor into, String name, String descriptor, boolean resume) {
    labels.clear();
    after.clear();
    outOfLine.clear();
    int access = Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC;
    MethodVisitor visitor = into.visitMethod(access, name, descriptor, null, null);
    if (visitor == null) {
      throw new IllegalStateException("no method writer");
    }
    out = visitor;
    out.visitCode();
    for (TryCatchBlockNode t : method.code().tryCatchBlocks) {
      out.visitTryCatchBlock(label(t.start), label(t.end), label(t.handler), t.type);
    }
    if (resume && resumable != null) {
      ways(resumable);
    }
    if (recursionBytes > 0) {
      out.visitFieldInsn(Opcodes.GETSTATIC, Owners.INTRINSICS, "depth", "I");
      out.visitVarInsn(Opcodes.ISTORE, depth);
    }
    for (AbstractInsnNode n : method.code().instructions) {
      Site site = resumable == null ? null : resumable.siteAt(n);
      if (site != null && resumable != null) {
        site(resumable, site, n);
      } else if (Marks.isEnter(n)) {
        enter();
      } else {
        plain(n);
      }
    }
    outOfLine.forEach(Runnable::run);
    Label end = new Label();
    out.visitLabel(end);
    out.visitMaxs(0, 0);
    out.visitEnd();
    return end;
  }

  // ---- ways into the resume copy ----

  private void ways(ResumableMethod r) {
    Label start = new Label();
    List<Site> all = new ArrayList<>();
    all.add(r.start());
    all.addAll(r.sites());
    Label[] ways = new Label[all.size()];
    for (int i = 0; i < ways.length; i++) {
      ways[i] = new Label();
    }
    out.visitVarInsn(Opcodes.ILOAD, 0);
    out.visitTableSwitchInsn(0, ways.length - 1, ways[0], ways);
    for (int i = ways.length - 1; i >= 0; i--) {
      Site site = all.get(i);
      out.visitLabel(ways[i]);
      restore(r, site);
      if (i == 0) {
        out.visitLabel(start);
      } else {
        if (recursionBytes > 0) {
          // A frame that was stopped has taken its bytes already.
          out.visitFieldInsn(Opcodes.GETSTATIC, Owners.INTRINSICS, "depth", "I");
          push(recursionBytes);
          out.visitInsn(Opcodes.IADD);
          out.visitVarInsn(Opcodes.ISTORE, depth);
        }
        out.visitJumpInsn(Opcodes.GOTO, afterOf(site));
      }
    }
  }

  private Label afterOf(Site site) {
    return after.computeIfAbsent(site, s -> new Label());
  }

  /** Locals first: slots are read by index, and operands must end up on the stack in order. */
  private void restore(ResumableMethod r, Site site) {
    int slot = site.stack().length();
    for (int local : site.locals()) {
      char type = r.typeOf(local);
      pushSlot(slot++, type);
      out.visitVarInsn(Letters.type(type).getOpcode(Opcodes.ISTORE), local);
    }
    for (int i = 0; i < site.stack().length(); i++) {
      pushSlot(i, site.stack().charAt(i));
    }
    if (site.at() instanceof MethodInsnNode call && !Marks.isPoll(call)) {
      Type result = Type.getReturnType(call.desc);
      if (result.getSort() != Type.VOID) {
        out.visitFieldInsn(Opcodes.GETSTATIC, Owners.INTRINSICS, "returned", "J");
        Letters.fromBits(out, Letters.of(result));
      }
    }
  }

  private void pushSlot(int index, char type) {
    push(index);
    out.visitMethodInsn(Opcodes.INVOKESTATIC, Owners.INTRINSICS, "slot", "(I)J", false);
    Letters.fromBits(out, type);
  }

  // ---- sites ----

  private void site(ResumableMethod r, Site site, AbstractInsnNode n) {
    Label away = new Label();
    if (Marks.isPoll(n)) {
      out.visitFieldInsn(Opcodes.GETSTATIC, Owners.INTRINSICS, "budget", "I");
      out.visitInsn(Opcodes.ICONST_1);
      out.visitInsn(Opcodes.ISUB);
      out.visitInsn(Opcodes.DUP);
      out.visitFieldInsn(Opcodes.PUTSTATIC, Owners.INTRINSICS, "budget", "I");
      out.visitJumpInsn(Opcodes.IFLT, away);
      outOfLine.add(
          () -> {
            away(away, site);
            out.visitMethodInsn(Opcodes.INVOKESTATIC, Owners.INTRINSICS, "poll", "()Z", false);
            out.visitJumpInsn(Opcodes.IFEQ, afterOf(site));
            spill(r, site);
          });
    } else {
      plain(n);
      out.visitFieldInsn(Opcodes.GETSTATIC, Owners.INTRINSICS, "unwinding", "Z");
      out.visitJumpInsn(Opcodes.IFNE, away);
      Type result = Type.getReturnType(((MethodInsnNode) n).desc);
      outOfLine.add(
          () -> {
            away(away, site);
            if (result.getSize() > 0) {
              out.visitInsn(result.getSize() == 2 ? Opcodes.POP2 : Opcodes.POP);
            }
            spill(r, site);
          });
    }
    out.visitLabel(afterOf(site));
  }

  private void away(Label away, Site site) {
    out.visitLabel(away);
    if (site.line() > 0) {
      out.visitLineNumber(site.line(), away);
    }
  }

  /** The operands are on the stack already; live locals and the footer follow. */
  private void spill(ResumableMethod r, Site site) {
    for (int local : site.locals()) {
      out.visitVarInsn(Letters.type(r.typeOf(local)).getOpcode(Opcodes.ILOAD), local);
    }
    out.visitLdcInsn(ResumeTable.footer(method.id(), site.number(), r.words(site)));
    spills.call(out, r.letters(site));
    Type result = method.result();
    switch (result.getSort()) {
      case Type.VOID -> {}
      case Type.LONG -> out.visitInsn(Opcodes.LCONST_0);
      case Type.FLOAT -> out.visitInsn(Opcodes.FCONST_0);
      case Type.DOUBLE -> out.visitInsn(Opcodes.DCONST_0);
      default -> out.visitInsn(Opcodes.ICONST_0);
    }
    out.visitInsn(result.getOpcode(Opcodes.IRETURN));
  }

  // ---- recursion ----

  /**
   * The bytes left before the call are kept in a local, which no frame holds, and put back from
   * there: a load less, and no chain of loads and stores from each return to the next call.
   */
  private void enter() {
    Label overflow = new Label();
    Label fits = new Label();
    out.visitVarInsn(Opcodes.ILOAD, depth);
    push(recursionBytes);
    out.visitInsn(Opcodes.ISUB);
    out.visitInsn(Opcodes.DUP);
    out.visitFieldInsn(Opcodes.PUTSTATIC, Owners.INTRINSICS, "depth", "I");
    out.visitJumpInsn(Opcodes.IFLT, overflow);
    out.visitLabel(fits);
    outOfLine.add(
        () -> {
          out.visitLabel(overflow);
          if (method.line() > 0) {
            out.visitLineNumber(method.line(), overflow);
          }
          out.visitMethodInsn(
              Opcodes.INVOKESTATIC, Owners.INTRINSICS, "stackOverflow", "()V", false);
          out.visitJumpInsn(Opcodes.GOTO, fits);
        });
  }

  // ---- everything else ----

  private void plain(AbstractInsnNode n) {
    switch (n) {
      case LabelNode l -> out.visitLabel(label(l));
      case LineNumberNode l -> out.visitLineNumber(l.line, label(l.start));
      case JumpInsnNode j -> out.visitJumpInsn(j.getOpcode(), label(j.label));
      case TableSwitchInsnNode t ->
          out.visitTableSwitchInsn(t.min, t.max, label(t.dflt), labels(t.labels));
      case LookupSwitchInsnNode l ->
          out.visitLookupSwitchInsn(
              label(l.dflt),
              l.keys.stream().mapToInt(Integer::intValue).toArray(),
              labels(l.labels));
      case MethodInsnNode c ->
          out.visitMethodInsn(c.getOpcode(), intrinsics.ownerOf(c), c.name, c.desc, false);
      case VarInsnNode v -> out.visitVarInsn(v.getOpcode(), v.var);
      case IincInsnNode i -> out.visitIincInsn(i.var, i.incr);
      case LdcInsnNode l -> out.visitLdcInsn(l.cst);
      case IntInsnNode i -> out.visitIntInsn(i.getOpcode(), i.operand);
      default -> {
        int op = n.getOpcode();
        if (recursionBytes > 0 && op >= Opcodes.IRETURN && op <= Opcodes.RETURN) {
          out.visitVarInsn(Opcodes.ILOAD, depth);
          out.visitFieldInsn(Opcodes.PUTSTATIC, Owners.INTRINSICS, "depth", "I");
        }
        out.visitInsn(op);
      }
    }
  }

  private Label label(LabelNode n) {
    return labels.computeIfAbsent(n, k -> new Label());
  }

  private Label[] labels(List<LabelNode> nodes) {
    return nodes.stream().map(this::label).toArray(Label[]::new);
  }

  private void push(int value) {
    Letters.push(out, value);
  }
}
