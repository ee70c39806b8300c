package aerostat.vmm.image.verify;

import aerostat.vmm.image.Rule;
import aerostat.vmm.image.verify.GuestClass.Kind;
import aerostat.vmm.image.verify.GuestMethod.Role;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.InvokeDynamicInsnNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.LineNumberNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.TypeInsnNode;

/** Checks each instruction of a method, reachable or not, against the allowlist. */
final class InstructionCheck {
  /** Lambdas, method references and ops records. The guest has some dozens. */
  private static final int MAX_OPS = 10_000;

  private final ImageModel model;
  private final Refusals refusals;
  private final CallResolver calls;

  /** Of the instruction that is looked at; kept, for looking back from each would be quadratic. */
  private int line;

  InstructionCheck(ImageModel model, Refusals refusals) {
    this.model = model;
    this.refusals = refusals;
    calls = new CallResolver(model);
  }

  static boolean isType(ImageModel model, String internalName) {
    GuestClass c = model.find(internalName);
    return c != null ? c.isType() : internalName.equals("java/lang/String");
  }

  void check(GuestMethod m) {
    int lambdas = 0;
    boolean newRefused = false;
    line = 0;
    for (AbstractInsnNode n : m.node().instructions) {
      int op = n.getOpcode();
      switch (n) {
        case MethodInsnNode call -> {
          if (calls.find(call) == null && !(newRefused && call.name.equals("<init>"))) {
            CallResolver.Problem p = calls.explain(call);
            add(p.rule(), m, p.what(), p.instead());
          }
        }
        case InvokeDynamicInsnNode indy -> lambda(m, indy, lambdas++);
        case FieldInsnNode field -> field(m, field);
        case LdcInsnNode ldc -> constant(m, ldc);
        case TypeInsnNode type -> newRefused |= type(m, type);
        case LineNumberNode next -> line = next.line;
        default -> {
          if (op >= 0) {
            plain(m, op);
          }
        }
      }
    }
  }

  private void add(Rule rule, GuestMethod m, String what, String instead) {
    refusals.add(rule, m.owner().name(), m.name(), line, what, instead);
  }

  private void plain(GuestMethod m, int op) {
    if (op == Opcodes.ATHROW) {
      add(Rule.NO_EXCEPTIONS, m, "throw", "return an error number, or call Cpu.panic");
    } else if (op == Opcodes.MONITORENTER || op == Opcodes.MONITOREXIT) {
      add(Rule.NO_MONITORS, m, "synchronized", "use a spinlock or mutex of the kernel");
    } else if (op == Opcodes.NEWARRAY
        || op == Opcodes.MULTIANEWARRAY
        || op == Opcodes.ARRAYLENGTH
        || (op >= Opcodes.IALOAD && op <= Opcodes.SALOAD)
        || (op >= Opcodes.IASTORE && op <= Opcodes.SASTORE)) {
      add(Rule.NO_ARRAYS, m, "array", "keep tables in guest memory");
    } else if (op == Opcodes.JSR || op == Opcodes.RET) {
      add(Rule.INSTRUCTIONS, m, "subroutine", "compile with javac");
    }
  }

  /** Returns whether it is a refused NEW. */
  private boolean type(GuestMethod m, TypeInsnNode n) {
    String name = n.desc.replace('/', '.');
    GuestClass c = model.find(n.desc);
    switch (n.getOpcode()) {
      case Opcodes.NEW -> {
        if (c == null || (c.kind() != Kind.POINTER && c.kind() != Kind.OPS_RECORD)) {
          boolean exception = name.endsWith("Exception") || name.endsWith("Error");
          add(
              exception ? Rule.NO_EXCEPTIONS : Rule.NO_OBJECTS,
              m,
              "object of " + name,
              exception ? "return an error number, or call Cpu.panic" : CallResolver.KEEP);
          return true;
        }
      }
      case Opcodes.ANEWARRAY ->
          add(Rule.NO_ARRAYS, m, "array of " + name, "keep tables in guest memory");
      case Opcodes.INSTANCEOF ->
          add(Rule.NO_INSTANCEOF, m, "instanceof " + name, "keep a tag in guest memory");
      default -> {
        if (!isType(model, n.desc)) {
          add(Rule.TYPES, m, "cast to " + name, "use pointers and ops");
        }
      }
    }
    return false;
  }

  private void field(GuestMethod m, FieldInsnNode n) {
    String name = n.owner.replace('/', '.') + "." + n.name;
    GuestClass c = model.find(n.owner);
    boolean good =
        switch (n.getOpcode()) {
          case Opcodes.GETSTATIC -> model.constantValue(n) != null;
          case Opcodes.GETFIELD ->
              c != null
                  && c.kind() == Kind.POINTER
                  && n.name.equals("address")
                  && n.desc.equals("J");
          default -> false;
        };
    if (good) {
      return;
    }
    if (n.name.equals("$assertionsDisabled")) {
      add(Rule.NO_INITIALIZER, m, "assert", "use a check that calls Cpu.panic");
    } else {
      add(
          Rule.NO_FIELDS,
          m,
          (n.getOpcode() == Opcodes.GETSTATIC || n.getOpcode() == Opcodes.GETFIELD
                  ? "read"
                  : "write")
              + " of field "
              + name,
          "keep data in guest memory");
    }
  }

  private void constant(GuestMethod m, LdcInsnNode n) {
    if (n.cst instanceof String text) {
      if (!model.image().strings().containsKey(text)) {
        add(Rule.STRINGS, m, "a string with characters above U+00FF", "use Latin-1");
      }
    } else if (!(n.cst instanceof Integer
        || n.cst instanceof Long
        || n.cst instanceof Float
        || n.cst instanceof Double)) {
      add(
          Rule.NO_CONSTANT_DYNAMIC,
          m,
          n.cst instanceof Type ? "class literal or method type" : "computed constant",
          "use numbers and strings");
    }
  }

  private void lambda(GuestMethod m, InvokeDynamicInsnNode n, int ordinal) {
    String factory = n.bsm.getOwner();
    if (factory.equals("java/lang/invoke/StringConcatFactory")) {
      add(Rule.STRINGS, m, "string concatenation", "print the parts one after the other");
      return;
    }
    if (factory.equals("java/lang/runtime/SwitchBootstraps")) {
      add(Rule.NO_INSTANCEOF, m, "pattern switch", "switch on an int");
      return;
    }
    if (!factory.equals("java/lang/invoke/LambdaMetafactory")
        || !n.bsm.getName().equals("metafactory")
        || n.bsm.getTag() != Opcodes.H_INVOKESTATIC) {
      add(Rule.LAMBDAS, m, "invokedynamic by " + factory.replace('/', '.'), "");
      return;
    }
    if (Type.getArgumentTypes(n.desc).length != 0) {
      add(
          Rule.LAMBDAS,
          m,
          "a lambda or method reference that captures something",
          "pass what it needs as a parameter (a pointer, as the kernel's void *data)");
      return;
    }
    String problem = "a lambda for something else than an ops interface of the image";
    GuestClass ops = model.find(returnName(n.desc));
    if (ops != null && ops.kind() == Kind.OPS_INTERFACE && n.bsmArgs.length == 3) {
      problem = link(m, n, ordinal, ops);
    }
    if (problem != null) {
      add(Rule.LAMBDAS, m, problem, "write a lambda whose parameter types are the interface's");
    }
  }

  private static String returnName(String descriptor) {
    Type t = Type.getReturnType(descriptor);
    return t.getSort() == Type.OBJECT ? t.getInternalName() : "";
  }

  private @Nullable String link(
      GuestMethod m, InvokeDynamicInsnNode n, int ordinal, GuestClass ops) {
    if (!(n.bsmArgs[0] instanceof Type sam)
        || sam.getSort() != Type.METHOD
        || !(n.bsmArgs[1] instanceof Handle handle)) {
      return "a malformed lambda";
    }
    List<GuestMethod> missing = model.inheritance().unimplemented(ops);
    String descriptor = sam.getDescriptor();
    boolean single =
        !missing.isEmpty()
            && missing.stream()
                .allMatch(a -> a.name().equals(n.name) && a.descriptor().equals(descriptor));
    if (!single) {
      return "an ops interface with another number of abstract methods than one";
    }
    GuestMethod target = target(handle);
    if (target == null) {
      return "a reference to a method that is not the image's own";
    }
    Type expected = Type.getMethodType(Descriptors.erase(descriptor, false));
    Type actual = Type.getMethodType(target.erasedDescriptor());
    boolean sameParameters =
        java.util.Arrays.equals(expected.getArgumentTypes(), actual.getArgumentTypes());
    boolean sameResult =
        expected.getReturnType().getSort() == Type.VOID
            || expected.getReturnType().equals(actual.getReturnType());
    if (!sameParameters || !sameResult) {
      return "a method reference whose types differ from the interface's";
    }
    if (model.opsCount() >= MAX_OPS) {
      add(Rule.LIMITS, m, "more than " + MAX_OPS + " ops in the image", "make one a static method");
      return null;
    }
    model.addLambda(n, m, ordinal, ops, target);
    return null;
  }

  private @Nullable GuestMethod target(Handle handle) {
    GuestClass c = model.find(handle.getOwner());
    if (c == null) {
      return null;
    }
    GuestMethod t = c.declared(handle.getName(), handle.getDesc());
    boolean fits =
        t != null
            && t.role() == Role.CODE
            && switch (handle.getTag()) {
              case Opcodes.H_INVOKESTATIC -> t.isStatic();
              case Opcodes.H_INVOKEVIRTUAL, Opcodes.H_INVOKESPECIAL ->
                  !t.isStatic() && c.kind() != Kind.OPS_INTERFACE;
              default -> false;
            };
    return fits ? t : null;
  }
}
