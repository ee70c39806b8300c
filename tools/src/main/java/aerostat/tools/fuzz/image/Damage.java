package aerostat.tools.fuzz.image;

import aerostat.tools.fuzz.FuzzLog;
import aerostat.tools.fuzz.InputBytes;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FrameNode;
import org.objectweb.asm.tree.IincInsnNode;
import org.objectweb.asm.tree.InsnNode;
import org.objectweb.asm.tree.IntInsnNode;
import org.objectweb.asm.tree.JumpInsnNode;
import org.objectweb.asm.tree.LabelNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.VarInsnNode;

/** Decodes what an input does to the class files: to their bytes, or to single instructions. */
final class Damage {
  static final int BYTE = 0;
  static final int CUT = 1;
  static final int LEAVE_OUT = 2;
  static final int INSTRUCTION = 3;
  static final int KINDS = 8; // 3 to 7: an instruction, which gets further than a byte

  private static final int EDITS = 12;
  private static final int SIMPLE_OPCODES = 202;

  private final SortedMap<String, byte[]> classes;

  Damage(SortedMap<String, byte[]> classes) {
    this.classes = classes;
  }

  void next(InputBytes in, FuzzLog log) {
    String name = SampleImage.OWN.get(in.below(8) < 5 ? 0 : in.below(SampleImage.OWN.size()));
    byte[] bytes = classes.get(name);
    int kind = in.below(KINDS);
    if (bytes == null || bytes.length == 0) {
      return;
    }
    switch (kind) {
      case BYTE -> {
        int at = in.u16() % bytes.length;
        int value = in.u8();
        say(log, "%s: byte %d is 0x%x", name, at, value);
        byte[] changed = bytes.clone();
        changed[at] = (byte) value;
        classes.put(name, changed);
      }
      case CUT -> {
        int length = in.u16() % (bytes.length + 64);
        say(log, "%s: %d bytes long", name, length);
        classes.put(name, Arrays.copyOf(bytes, length));
      }
      case LEAVE_OUT -> {
        if (in.below(8) == 0) {
          say(log, "%s: left out", name);
          classes.remove(name);
        }
      }
      default -> edit(name, bytes, in, log);
    }
  }

  private void edit(String name, byte[] bytes, InputBytes in, FuzzLog log) {
    ClassNode node = new ClassNode();
    int which = in.u8();
    int place = in.u8();
    int what = in.below(EDITS);
    int value = (int) in.number();
    boolean frames = in.below(4) == 0;
    byte[] changed;
    try {
      new ClassReader(bytes).accept(node, 0);
      if (node.methods.isEmpty()) {
        return;
      }
      MethodNode method = node.methods.get(which % node.methods.size());
      AbstractInsnNode at = instruction(method, place);
      if (at == null) {
        return;
      }
      say(log, "%s.%s instruction %d: edit %d, %d", name, method.name, place, what, value);
      edit(method, at, what, value);
      // Old frames lie; new ones are made only for the sizes.
      ClassWriter out = new ClassWriter(frames ? ClassWriter.COMPUTE_MAXS : 0);
      node.accept(out);
      changed = out.toByteArray();
    } catch (RuntimeException beyondWriting) {
      return; // earlier damage, or an edit that has no bytes
    }
    classes.put(name, changed);
  }

  private static @Nullable AbstractInsnNode instruction(MethodNode method, int place) {
    List<AbstractInsnNode> real =
        Arrays.stream(method.instructions.toArray()).filter(i -> i.getOpcode() >= 0).toList();
    return real.isEmpty() ? null : real.get(place % real.size());
  }

  private static void edit(MethodNode method, AbstractInsnNode at, int what, int value) {
    switch (what) {
      case 0 -> method.instructions.set(at, new InsnNode(Math.floorMod(value, SIMPLE_OPCODES)));
      case 1 -> method.instructions.insert(at, new InsnNode(Math.floorMod(value, SIMPLE_OPCODES)));
      case 2 -> method.instructions.remove(at);
      case 3 -> swap(method, at);
      case 4 -> method.instructions.insert(at, new LdcInsnNode((long) value));
      case 5 -> method.instructions.insert(at, new LdcInsnNode(value));
      case 6 -> method.maxLocals = value & 0xffff;
      case 7 -> method.access ^= 1 << (value & 15);
      case 8 -> removeFrames(method);
      case 9 -> {
        List<LabelNode> labels =
            Arrays.stream(method.instructions.toArray())
                .filter(LabelNode.class::isInstance)
                .map(LabelNode.class::cast)
                .toList();
        if (!labels.isEmpty()) {
          int opcode = 153 + Math.floorMod(value >> 4, 15);
          LabelNode to = labels.get(Math.floorMod(value, labels.size()));
          method.instructions.insert(at, new JumpInsnNode(opcode, to));
        }
      }
      case 10 -> method.maxStack = value & 0xffff;
      default -> operand(at, value);
    }
  }

  private static void operand(AbstractInsnNode at, int value) {
    switch (at) {
      case VarInsnNode variable -> variable.var = value & 0xff;
      case IincInsnNode increment -> increment.incr = (short) value;
      case IntInsnNode constant -> constant.operand = (byte) value;
      case LdcInsnNode constant -> {
        if (constant.cst instanceof Long) {
          constant.cst = (long) value;
        } else if (constant.cst instanceof Integer) {
          constant.cst = value;
        }
      }
      case MethodInsnNode call -> {
        String[] names = {"load8", "store64", "panic", "thread", "<init>", "exit", "start"};
        call.name = names[Math.floorMod(value, names.length)];
      }
      default -> {}
    }
  }

  private static void swap(MethodNode method, AbstractInsnNode at) {
    AbstractInsnNode next = at.getNext();
    if (next != null) {
      method.instructions.remove(next);
      method.instructions.insertBefore(at, next);
    }
  }

  private static void removeFrames(MethodNode method) {
    for (AbstractInsnNode each : method.instructions.toArray()) {
      if (each instanceof FrameNode) {
        method.instructions.remove(each);
      }
    }
  }

  @SuppressWarnings("AnnotateFormatMethod")
  private static void say(FuzzLog log, String format, Object... values) {
    if (log.on()) {
      log.say(format.formatted(values));
    }
  }
}
