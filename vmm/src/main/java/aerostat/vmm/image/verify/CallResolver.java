package aerostat.vmm.image.verify;

import aerostat.vmm.image.IntrinsicTable;
import aerostat.vmm.image.Rule;
import aerostat.vmm.image.verify.GuestClass.Kind;
import aerostat.vmm.image.verify.GuestMethod.Role;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.MethodInsnNode;

/** Finds out what a call comes to; what it does not know is refused. */
public final class CallResolver {
  private final ImageModel model;

  /** For the calls of this image. */
  public CallResolver(ImageModel model) {
    this.model = model;
  }

  /**
   * A rule that the call breaks.
   *
   * @param rule which
   * @param what what was found
   * @param instead what to write instead
   */
  record Problem(Rule rule, String what, String instead) {}

  /** The target of a call that the verifier has accepted. */
  public CallTarget resolve(MethodInsnNode call) {
    CallTarget target = find(call);
    if (target == null) {
      throw new IllegalStateException("unverified call of " + call.owner + "." + call.name);
    }
    return target;
  }

  @Nullable CallTarget find(MethodInsnNode call) {
    if (PureMethods.contains(call.owner, call.name, call.desc)) {
      return call.getOpcode() == Opcodes.INVOKESTATIC && !call.itf
          ? new CallTarget.Pure(call.owner, PureMethods.replacement(call.name), call.desc)
          : null;
    }
    GuestClass owner = model.find(call.owner);
    if (owner == null
        || owner.kind() == Kind.REFUSED
        || call.itf != (owner.kind() == Kind.OPS_INTERFACE)) {
      return null;
    }
    return switch (call.getOpcode()) {
      case Opcodes.INVOKESTATIC -> findStatic(owner, call);
      case Opcodes.INVOKESPECIAL -> findSpecial(owner, call);
      default -> findVirtual(owner, call);
    };
  }

  private static @Nullable CallTarget findStatic(GuestClass owner, MethodInsnNode call) {
    GuestMethod m = owner.declared(call.name, call.desc);
    if (m == null || !m.isStatic()) {
      return null;
    }
    if (m.role() == Role.INTRINSIC) {
      String machine = owner.name().substring(ImageReader.MACHINE.length());
      if (IntrinsicCalls.isIdentity(machine, call.name, call.desc)) {
        return new CallTarget.Identity();
      }
      IntrinsicTable.Intrinsic i = IntrinsicCalls.find(machine, call.name, call.desc);
      return i == null ? null : new CallTarget.Machine(i);
    }
    return m.role() == Role.CODE ? new CallTarget.Direct(m) : null;
  }

  private static @Nullable CallTarget findSpecial(GuestClass owner, MethodInsnNode call) {
    if (call.name.equals("<init>")) {
      return switch (owner.kind()) {
        case POINTER -> call.desc.equals("(J)V") ? new CallTarget.Identity() : null;
        case OPS_RECORD -> call.desc.equals("()V") ? new CallTarget.NewOps(owner) : null;
        default -> null;
      };
    }
    GuestMethod m = owner.declared(call.name, call.desc);
    return m != null && !m.isStatic() && m.role() == Role.CODE ? new CallTarget.Direct(m) : null;
  }

  private @Nullable CallTarget findVirtual(GuestClass owner, MethodInsnNode call) {
    if (!owner.isType()) {
      return null;
    }
    if (owner.kind() == Kind.POINTER && call.name.equals("address") && call.desc.equals("()J")) {
      return new CallTarget.Identity();
    }
    GuestMethod own = owner.declared(call.name, call.desc);
    if (own != null && own.isStatic()) {
      return null;
    }
    if (owner.kind() == Kind.OPS_INTERFACE && (own == null || !own.isPrivate())) {
      return model.inheritance().declares(owner, call.name, call.desc)
          ? new CallTarget.Dispatch(owner, call.name, call.desc)
          : null;
    }
    GuestMethod m =
        own != null ? own : model.inheritance().mostSpecific(owner, call.name, call.desc);
    return m != null && m.role() == Role.CODE ? new CallTarget.Direct(m) : null;
  }

  /** Why a call that resolves to nothing is refused. */
  Problem explain(MethodInsnNode call) {
    String name = call.owner.replace('/', '.') + "." + call.name;
    String what = "call of " + name;
    if (call.owner.equals("java/lang/String") || call.owner.startsWith("java/lang/StringBu")) {
      return new Problem(
          Rule.STRINGS, what, "pass constant strings on, and numbers beside them (printk)");
    }
    if (call.owner.startsWith("[")) {
      return new Problem(Rule.NO_ARRAYS, what, "keep tables in guest memory");
    }
    if (call.name.equals("<init>")) {
      return new Problem(Rule.NO_OBJECTS, "object of " + call.owner.replace('/', '.'), KEEP);
    }
    if (call.name.equals("valueOf") && call.owner.startsWith("java/lang/")) {
      return new Problem(Rule.NO_OBJECTS, "boxing of a number", "use the primitive type");
    }
    GuestClass owner = model.find(call.owner);
    if (owner != null && MethodReader.isObjectMethod(call.name, call.desc)) {
      return new Problem(Rule.CALLS, what, "compare addresses; objects do not exist in the guest");
    }
    if (owner != null
        && owner.kind() == Kind.OPS_RECORD
        && owner.declared(call.name, call.desc) == null
        && model.inheritance().declares(owner, call.name, call.desc)) {
      return new Problem(
          Rule.OPS,
          what + ", which has no single implementation",
          "implement the method in the record itself");
    }
    if (owner != null) {
      return new Problem(Rule.CALLS, what + ", which the image does not have", "");
    }
    return new Problem(
        Rule.CALLS,
        what,
        "use the guest's own classes, intrinsics, or the pure methods of Math,"
            + " Integer and Long that docs/guest-java.md lists");
  }

  static final String KEEP = "keep data in guest memory and use a pointer";
}
