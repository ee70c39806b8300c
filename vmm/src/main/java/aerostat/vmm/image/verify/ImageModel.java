package aerostat.vmm.image.verify;

import aerostat.vmm.image.GuestImage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
  private final Map<InvokeDynamicInsnNode, Implementation> lambdas = new HashMap<>();
  private final Map<String, Integer> numbers = new HashMap<>();
  private final Inheritance inheritance;

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
      @Nullable GuestMethod target) {
    private @Nullable GuestClass from() {
      return record != null ? record : ops;
    }
  }

  ImageModel(GuestImage image, SortedMap<String, GuestClass> classes) {
    this.image = image;
    this.classes = classes;
    inheritance = new Inheritance(classes);
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

  int opsCount() {
    return implementations.size();
  }

  /** Number of an implementation: its place in the sorted list of names. */
  public int opsNumber(Implementation implementation) {
    return number(implementation.key);
  }

  /** Number of an ops record. */
  public int opsNumber(GuestClass record) {
    return number(record.name());
  }

  private int number(String key) {
    if (numbers.size() != implementations.size()) {
      int number = 0;
      for (String each : implementations.keySet()) {
        numbers.put(each, ++number);
      }
    }
    Integer number = numbers.get(key);
    if (number == null) {
      throw new IllegalStateException("no ops: " + key);
    }
    return number;
  }

  /** The implementation that a checked lambda or method reference makes. */
  public Implementation lambda(InvokeDynamicInsnNode site) {
    Implementation implementation = lambdas.get(site);
    if (implementation == null) {
      throw new IllegalStateException("unchecked lambda");
    }
    return implementation;
  }

  Inheritance inheritance() {
    return inheritance;
  }

  /** Whether an implementation can stand behind a reference of this interface. */
  public boolean implementsOps(Implementation implementation, GuestClass ops) {
    GuestClass from = implementation.from();
    return from != null && inheritance.interfacesOf(from).contains(ops);
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
      if (own != null
          && own.role() == GuestMethod.Role.CODE
          && !own.isStatic()
          && !own.isPrivate()) {
        return own;
      }
    }
    GuestClass from = implementation.from();
    GuestMethod only = from == null ? null : inheritance.mostSpecific(from, name, descriptor);
    if (only == null || only.role() == GuestMethod.Role.CODE) {
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
