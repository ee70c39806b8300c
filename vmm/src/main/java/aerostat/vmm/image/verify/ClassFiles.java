package aerostat.vmm.image.verify;

import aerostat.vmm.image.Rule;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.JumpInsnNode;
import org.objectweb.asm.tree.LookupSwitchInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.TableSwitchInsnNode;

/** Reads class files that may be malformed in any way. */
final class ClassFiles {
  private static final int MIN_VERSION = Opcodes.V17;
  private static final int MAX_VERSION = Opcodes.V25;
  private static final int MAX_INSTRUCTIONS = 8000;
  private static final int MAX_SLOTS = 250;

  /** Arguments of bootstrap methods, once for each call; made anew for each by the reader. */
  private static final int MAX_ARGUMENTS = 16_384;

  /** Bytes that a jump or switch case takes at least. */
  private static final int BRANCH_BYTES = 3;

  /** Jumps and switch cases of a method: more would cost the analysis of loops too much. */
  private static final int MAX_BRANCHES = 4000;

  private static final String[] RESERVED = {
    "java/",
    "javax/",
    "jdk/",
    "sun/",
    "com/sun/",
    "aerostat/vmm/",
    "aerostat/mmio/",
    "aerostat/devices/",
    "aerostat/guest/plain/",
  };

  private ClassFiles() {}

  /** The class, or null after a refusal. */
  static @Nullable ClassNode read(String name, byte[] bytes, Refusals refusals) {
    if (bytes.length < 10) {
      refusals.add(Rule.CLASS_FILE, name, "", 0, "the class file is cut short", "");
      return null;
    }
    int magic =
        (bytes[0] << 24) | (bytes[1] & 255) << 16 | (bytes[2] & 255) << 8 | (bytes[3] & 255);
    int minor = (bytes[4] & 255) << 8 | (bytes[5] & 255);
    int major = (bytes[6] & 255) << 8 | (bytes[7] & 255);
    if (magic != 0xCAFEBABE) {
      refusals.add(Rule.CLASS_FILE, name, "", 0, "no class file (magic number)", "");
      return null;
    }
    if (major < MIN_VERSION || major > MAX_VERSION || minor != 0) {
      refusals.add(
          Rule.CLASS_FILE,
          name,
          "",
          0,
          "class file version " + major + "." + minor,
          "compile with --release 17 to 25, without preview features");
      return null;
    }
    ClassNode node = new ClassNode();
    try {
      // Frames are computed anew from the code. The filter drops what could only cost time.
      byte[] checked = ClassScan.checked(bytes);
      new ClassReader(checked).accept(new Quiet(node, bytes.length), ClassReader.SKIP_FRAMES);
      return check(name, node, refusals) ? node : null;
    } catch (ClassScan.LimitException e) {
      refusals.add(Rule.LIMITS, name, "", 0, String.valueOf(e.getMessage()), "split it");
      return null;
    } catch (RuntimeException | StackOverflowError e) {
      refusals.add(Rule.CLASS_FILE, name, "", 0, "malformed class file (" + e + ")", "");
      return null;
    }
  }

  /** Passes on only what the verifier looks at. */
  private static final class Quiet extends ClassVisitor {
    private final int mostBranches;
    private int branches;
    private int arguments;

    Quiet(ClassNode target, int bytes) {
      super(Opcodes.ASM9, target);
      mostBranches = bytes / BRANCH_BYTES;
    }

    /** A switch at the end of each method can read the rest of the file as its cases. */
    private void branches(int more) {
      branches += more;
      if (branches > mostBranches) {
        throw new IllegalArgumentException("more switch cases than the file has room for");
      }
    }

    @Override
    public MethodVisitor visitMethod(
        int access,
        String name,
        String descriptor,
        @Nullable String signature,
        String @Nullable [] exceptions) {
      return new MethodVisitor(
          Opcodes.ASM9, super.visitMethod(access, name, descriptor, signature, exceptions)) {
        @Override
        public void visitTableSwitchInsn(int min, int max, Label other, Label... labels) {
          branches(labels.length);
          super.visitTableSwitchInsn(min, max, other, labels);
        }

        @Override
        public void visitLookupSwitchInsn(Label other, int[] keys, Label[] labels) {
          branches(labels.length);
          super.visitLookupSwitchInsn(other, keys, labels);
        }

        @Override
        public void visitInvokeDynamicInsn(
            String callName, String callDescriptor, Handle bootstrap, Object... given) {
          arguments += given.length;
          if (arguments > MAX_ARGUMENTS) {
            throw new ClassScan.LimitException(
                "more than " + MAX_ARGUMENTS + " arguments of bootstrap methods");
          }
          // Nothing looks at those of another bootstrap method than a lambda's, which has three.
          Object[] kept = given.length <= 3 ? given : new Object[0];
          super.visitInvokeDynamicInsn(callName, callDescriptor, bootstrap, kept);
        }
      };
    }

    @Override
    public void visitAttribute(org.objectweb.asm.Attribute attribute) {}

    @Override
    public org.objectweb.asm.@Nullable AnnotationVisitor visitAnnotation(
        String descriptor, boolean visible) {
      return null;
    }

    @Override
    public org.objectweb.asm.@Nullable AnnotationVisitor visitTypeAnnotation(
        int typeRef,
        org.objectweb.asm.@Nullable TypePath path,
        String descriptor,
        boolean visible) {
      return null;
    }
  }

  private static boolean check(String name, ClassNode node, Refusals refusals) {
    if (!new Completeness().isComplete(node)) {
      refusals.add(
          Rule.CLASS_FILE, name, "", 0, "malformed class file (a name or descriptor is none)", "");
      return false;
    }
    int before = refusals.count();
    if (!name.equals(node.name)) {
      refusals.add(Rule.CLASS_FILE, name, "", 0, "the file holds another class", "");
    }
    for (String prefix : RESERVED) {
      if (name.startsWith(prefix)) {
        refusals.add(
            Rule.CLASS_FILE, name, "", 0, "the package is not the guest's", "use another package");
      }
    }
    Set<Member> methods = new HashSet<>();
    for (MethodNode m : node.methods) {
      if (!methods.add(new Member(m.name, m.desc))) {
        refusals.add(Rule.CLASS_FILE, name, m.name, 0, "the method occurs twice", "");
      }
      if (branches(m) > MAX_BRANCHES) {
        refusals.add(
            Rule.LIMITS,
            name,
            m.name,
            Refusals.firstLine(m),
            "more than " + MAX_BRANCHES + " jumps and switch cases",
            "split the method");
      }
      org.objectweb.asm.Type.getArgumentTypes(m.desc); // throws on a malformed descriptor
      if (org.objectweb.asm.Type.getArgumentsAndReturnSizes(m.desc) >> 2 > 255) {
        refusals.add(Rule.LIMITS, name, m.name, 0, "more than 255 argument slots", "");
      }
      if (m.instructions.size() > 3 * MAX_INSTRUCTIONS
          || m.maxLocals > MAX_SLOTS
          || m.maxStack > MAX_SLOTS) {
        refusals.add(
            Rule.LIMITS,
            name,
            m.name,
            Refusals.firstLine(m),
            "the method is too large (locals "
                + m.maxLocals
                + ", stack "
                + m.maxStack
                + ", at most "
                + MAX_SLOTS
                + " each; "
                + MAX_INSTRUCTIONS
                + " instructions)",
            "split it");
      }
    }
    return refusals.count() == before;
  }

  private static int branches(MethodNode m) {
    int count = 0;
    for (AbstractInsnNode n : m.instructions) {
      count +=
          switch (n) {
            case JumpInsnNode jump -> 1;
            case TableSwitchInsnNode t -> t.labels.size() + 1;
            case LookupSwitchInsnNode l -> l.labels.size() + 1;
            default -> 0;
          };
    }
    return count;
  }
}
