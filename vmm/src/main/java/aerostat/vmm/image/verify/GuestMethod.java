package aerostat.vmm.image.verify;

import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.MethodNode;

/** One method of an image's class. */
public final class GuestMethod {
  /** What becomes of a method. */
  public enum Role {
    /** Verified, erased and emitted. */
    CODE,
    /** Replaced by the machine's intrinsic. */
    INTRINSIC,
    /** Abstract method of an ops interface. */
    ABSTRACT,
    /** Cannot be called from guest code: constructors, a record's implicit members. */
    DROPPED
  }

  private final GuestClass owner;
  private final MethodNode node;
  private final Role role;
  private final int bound;
  private final int line;

  GuestMethod(GuestClass owner, MethodNode node, Role role, int bound) {
    this.owner = owner;
    this.node = node;
    this.role = role;
    this.bound = bound;
    line = Refusals.firstLine(node);
  }

  /** The class that declares it. */
  public GuestClass owner() {
    return owner;
  }

  /** As ASM read it. */
  public MethodNode node() {
    return node;
  }

  /** What becomes of it. */
  public Role role() {
    return role;
  }

  /** Trips allowed by {@code @Bounded}, -1 without the annotation. */
  public int bound() {
    return bound;
  }

  /** Its first source line, 0 if unknown. */
  int line() {
    return line;
  }

  /** Name in the class file. */
  public String name() {
    return node.name;
  }

  /** Descriptor in the class file. */
  public String descriptor() {
    return node.desc;
  }

  /** Whether it has no receiver. */
  public boolean isStatic() {
    return (node.access & Opcodes.ACC_STATIC) != 0;
  }

  /** Whether it is private, and so called directly. */
  public boolean isPrivate() {
    return (node.access & Opcodes.ACC_PRIVATE) != 0;
  }

  /** Descriptor after erasure: a receiver is a leading long, every reference a long. */
  public String erasedDescriptor() {
    return Descriptors.erase(node.desc, !isStatic());
  }

  @Override
  public String toString() {
    return owner.dottedName() + "." + node.name + node.desc;
  }
}
