package aerostat.vmm.image.verify;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldNode;

/** One class of an image. */
public final class GuestClass {
  /** What a class is in restricted Java. */
  public enum Kind {
    /** Only static methods and constants. */
    UTILITY,
    /** A record of one long named address. */
    POINTER,
    /** An interface. */
    OPS_INTERFACE,
    /** A record without components that implements ops interfaces. */
    OPS_RECORD,
    /** An annotation; dropped. */
    ANNOTATION,
    /** Refused already; nothing more is said about it. */
    REFUSED
  }

  private final ClassNode node;
  private final Kind kind;
  private final List<GuestMethod> methods = new ArrayList<>();
  private final Map<Member, GuestMethod> byName = new HashMap<>();
  private final Map<Member, FieldNode> fields = new HashMap<>();

  GuestClass(ClassNode node, Kind kind) {
    this.node = node;
    this.kind = kind;
    for (FieldNode f : node.fields) {
      fields.putIfAbsent(new Member(f.name, f.desc), f);
    }
  }

  /** Internal name, with slashes. */
  public String name() {
    return node.name;
  }

  /** Name with dots. */
  public String dottedName() {
    return node.name.replace('/', '.');
  }

  /** As ASM read it. */
  public ClassNode node() {
    return node;
  }

  /** What it is. */
  public Kind kind() {
    return kind;
  }

  /** Whether a reference to it can exist in guest code. */
  public boolean isType() {
    return kind == Kind.POINTER || kind == Kind.OPS_INTERFACE || kind == Kind.OPS_RECORD;
  }

  /** All methods in the order of the class file; not to be changed. */
  public List<GuestMethod> methods() {
    return java.util.Collections.unmodifiableList(methods);
  }

  void add(GuestMethod method) {
    methods.add(method);
    byName.put(new Member(method.name(), method.descriptor()), method);
  }

  /** The field declared here, or null. */
  @Nullable FieldNode field(String name, String descriptor) {
    return fields.get(new Member(name, descriptor));
  }

  /** The method declared here, or null. */
  public @Nullable GuestMethod declared(String name, String descriptor) {
    return byName.get(new Member(name, descriptor));
  }
}
