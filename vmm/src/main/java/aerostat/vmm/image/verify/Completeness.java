package aerostat.vmm.image.verify;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.FieldNode;
import org.objectweb.asm.tree.InvokeDynamicInsnNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.LocalVariableNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.RecordComponentNode;
import org.objectweb.asm.tree.TypeInsnNode;

/**
 * ASM reads a reference to entry 0 of the constant pool as null wherever it stands. Only a class
 * file whose names and descriptors are all there, and are such, is looked at further.
 */
final class Completeness {
  /** Descriptors that are good: the same one can stand at each of many calls. */
  private final Set<String> methods = new HashSet<>();

  boolean isComplete(ClassNode c) {
    if (c.superName == null || hasNull(c.interfaces)) {
      return false;
    }
    for (FieldNode f : c.fields) {
      if (f.name == null || !DescriptorSyntax.isField(f.desc)) {
        return false;
      }
    }
    if (c.recordComponents != null) {
      for (RecordComponentNode r : c.recordComponents) {
        if (r.name == null || !DescriptorSyntax.isField(r.descriptor)) {
          return false;
        }
      }
    }
    for (MethodNode m : c.methods) {
      if (m.name == null || !isMethod(m.desc) || !isComplete(m)) {
        return false;
      }
    }
    return true;
  }

  private boolean isComplete(MethodNode m) {
    if (m.localVariables != null) {
      for (LocalVariableNode v : m.localVariables) {
        if (v.name == null || !DescriptorSyntax.isField(v.desc)) {
          return false;
        }
      }
    }
    for (AbstractInsnNode n : m.instructions) {
      boolean complete =
          switch (n) {
            case MethodInsnNode call -> isMember(call.owner, call.name) && isMethod(call.desc);
            case FieldInsnNode f -> isMember(f.owner, f.name) && DescriptorSyntax.isField(f.desc);
            case TypeInsnNode t -> DescriptorSyntax.isClass(t.desc);
            case LdcInsnNode l -> l.cst != null;
            case InvokeDynamicInsnNode i ->
                i.name != null
                    && isMethod(i.desc)
                    && isHandle(i.bsm)
                    && i.bsmArgs != null
                    && areArguments(i.bsmArgs);
            default -> true;
          };
      if (!complete) {
        return false;
      }
    }
    return true;
  }

  private boolean areArguments(@Nullable Object[] arguments) {
    for (Object a : arguments) {
      boolean good =
          switch (a) {
            case null -> false;
            case Handle h -> isHandle(h);
            case Type t ->
                t.getSort() == Type.METHOD
                    ? isMethod(t.getDescriptor())
                    : DescriptorSyntax.isField(t.getDescriptor());
            default -> true;
          };
      if (!good) {
        return false;
      }
    }
    return true;
  }

  private boolean isHandle(@Nullable Handle h) {
    return h != null
        && isMember(h.getOwner(), h.getName())
        && (isMethod(h.getDesc()) || DescriptorSyntax.isField(h.getDesc()));
  }

  private boolean isMethod(@Nullable String descriptor) {
    return descriptor != null
        && (methods.contains(descriptor)
            || (DescriptorSyntax.isMethod(descriptor) && methods.add(descriptor)));
  }

  private static boolean isMember(@Nullable String owner, @Nullable String name) {
    return DescriptorSyntax.isClass(owner) && name != null && !name.isEmpty();
  }

  private static boolean hasNull(List<?> list) {
    for (Object o : list) {
      if (o == null) {
        return true;
      }
    }
    return false;
  }
}
