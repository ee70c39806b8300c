package aerostat.vmm.image.verify;

import aerostat.vmm.image.GuestImage;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.FieldNode;
import org.objectweb.asm.tree.InvokeDynamicInsnNode;

/** The classes of an image and what their names resolve to. */
public final class ImageModel {
  private final GuestImage image;
  private final SortedMap<String, GuestClass> classes;
  private final SortedMap<String, Implementation> implementations = new TreeMap<>();
  private final Map<InvokeDynamicInsnNode, Implementation> lambdas = new java.util.HashMap<>();

  /**
   * A stateless implementation of ops interfaces.
   *
   * @param key its stable name: the record's class, or class, method and ordinal of a lambda
   * @param record the ops record, or null for a lambda
   * @param ops the interface of a lambda, or null for a record
   * @param target the method behind a lambda, or null for a record
   */
  public record Implementation(
      String key,
      @Nullable GuestClass record,
      @Nullable GuestClass ops,
      @Nullable GuestMethod target) {}

  ImageModel(GuestImage image, SortedMap<String, GuestClass> classes) {
    this.image = image;
    this.classes = classes;
    for (GuestClass c : classes.values()) {
      if (c.kind() == GuestClass.Kind.OPS_RECORD) {
        implementations.put(c.name(), new Implementation(c.name(), c, null, null));
      }
    }
  }

  /** The image. */
  public GuestImage image() {
    return image;
  }

  /** All classes by internal name, sorted. */
  public SortedMap<String, GuestClass> classes() {
    return classes;
  }

  /** The class of this internal name, or null. */
  public @Nullable GuestClass find(String name) {
    return classes.get(name);
  }

  void addLambda(
      InvokeDynamicInsnNode site, GuestMethod in, int ordinal, GuestClass ops, GuestMethod target) {
    String key = in.owner().name() + "." + in.name() + in.descriptor() + "#" + ordinal;
    Implementation implementation = new Implementation(key, null, ops, target);
    implementations.put(key, implementation);
    lambdas.put(site, implementation);
  }

  /** All implementations in the order of their numbers, which begin with 1. */
  public List<Implementation> implementations() {
    return List.copyOf(implementations.values());
  }

  /** Number of an implementation: its place in the sorted list of names. */
  public int opsNumber(Implementation implementation) {
    return implementations.headMap(implementation.key).size() + 1;
  }

  /** Number of an ops record. */
  public int opsNumber(GuestClass record) {
    return implementations.headMap(record.name()).size() + 1;
  }

  /** The implementation that a checked lambda or method reference makes. */
  public Implementation lambda(InvokeDynamicInsnNode site) {
    Implementation implementation = lambdas.get(site);
    if (implementation == null) {
      throw new IllegalStateException("unchecked lambda");
    }
    return implementation;
  }

  /** The interface, if this class has it, and all that it extends; nearest first. */
  public Set<GuestClass> interfacesOf(GuestClass c) {
    Set<GuestClass> all = new LinkedHashSet<>();
    List<GuestClass> queue = new ArrayList<>(List.of(c));
    for (int i = 0; i < queue.size(); i++) {
      GuestClass next = queue.get(i);
      if (next.kind() == GuestClass.Kind.OPS_INTERFACE && !all.add(next)) {
        continue;
      }
      for (String name : next.node().interfaces) {
        GuestClass parent = find(name);
        if (parent != null && parent.kind() == GuestClass.Kind.OPS_INTERFACE) {
          queue.add(parent);
        }
      }
    }
    return all;
  }

  /** Whether an implementation can stand behind a reference of this interface. */
  public boolean implementsOps(Implementation implementation, GuestClass ops) {
    GuestClass from = implementation.record != null ? implementation.record : implementation.ops;
    return from != null && interfacesOf(from).contains(ops);
  }

  /**
   * The instance method that a call names: declared in the class itself or inherited from an
   * interface; null if there is none.
   */
  public @Nullable GuestMethod instanceMethod(GuestClass owner, String name, String descriptor) {
    GuestMethod own = owner.declared(name, descriptor);
    if (own != null) {
      return own.isStatic() ? null : own;
    }
    GuestMethod found = null;
    for (GuestClass i : interfacesOf(owner)) {
      GuestMethod m = i.declared(name, descriptor);
      if (m != null && !m.isStatic() && !m.isPrivate()) {
        if (m.role() == GuestMethod.Role.CODE) {
          return m;
        }
        found = m;
      }
    }
    return found;
  }

  /**
   * The code that a call of an ops method reaches in one implementation, by the JVM's rules: the
   * record's own method, the lambda's for an abstract one, else the one most specific default
   * method. Null if there is none or no single one.
   */
  public @Nullable GuestMethod select(
      Implementation implementation, String name, String descriptor) {
    if (implementation.record != null) {
      GuestMethod own = implementation.record.declared(name, descriptor);
      if (own != null && own.role() == GuestMethod.Role.CODE && !own.isStatic()) {
        return own;
      }
    }
    GuestClass from = implementation.record != null ? implementation.record : implementation.ops;
    List<GuestMethod> candidates = new ArrayList<>();
    Set<GuestClass> all = from == null ? Set.of() : interfacesOf(from);
    for (GuestClass i : all) {
      GuestMethod m = i.declared(name, descriptor);
      if (m != null && !m.isStatic() && !m.isPrivate()) {
        candidates.add(m);
      }
    }
    candidates.removeIf(
        m ->
            all.stream()
                .anyMatch(
                    i ->
                        i != m.owner()
                            && i.declared(name, descriptor) != null
                            && interfacesOf(i).contains(m.owner())));
    if (candidates.size() != 1) {
      return null;
    }
    GuestMethod only = candidates.get(0);
    if (only.role() == GuestMethod.Role.CODE) {
      return only;
    }
    return implementation.target;
  }

  /** The value of a constant of the image that code reads by its field, or null. */
  public @Nullable Object constantValue(FieldInsnNode n) {
    GuestClass c = find(n.owner);
    if (c == null) {
      return null;
    }
    FieldNode f = c.field(n.name, n.desc);
    if (f == null || (f.access & Opcodes.ACC_STATIC) == 0) {
      return null;
    }
    Object value = f.value;
    return value != null && matches(f.desc, value) ? value : null;
  }

  private static boolean matches(String descriptor, Object value) {
    return switch (descriptor) {
      case "J" -> value instanceof Long;
      case "F" -> value instanceof Float;
      case "D" -> value instanceof Double;
      case "I", "S", "B", "C", "Z" -> value instanceof Integer;
      default -> false;
    };
  }
}
