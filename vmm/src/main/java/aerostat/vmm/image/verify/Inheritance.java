package aerostat.vmm.image.verify;

import aerostat.vmm.image.verify.GuestClass.Kind;
import aerostat.vmm.image.verify.GuestMethod.Role;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** What the classes of an image inherit from ops interfaces, each found out once. */
final class Inheritance {
  /** Interfaces of a class, all that they extend included; an image with more is refused. */
  static final int MAX_INTERFACES = 64;

  private final SortedMap<String, GuestClass> classes;
  private final Map<GuestClass, Set<GuestClass>> closures = new HashMap<>();
  private final Map<GuestClass, List<GuestMethod>> unimplemented = new HashMap<>();

  Inheritance(SortedMap<String, GuestClass> classes) {
    this.classes = classes;
  }

  /**
   * The interface, if this class is one, and all that it extends; nearest first. Of a class with
   * too many no more than one above the limit.
   */
  Set<GuestClass> interfacesOf(GuestClass c) {
    return closures.computeIfAbsent(c, this::closure);
  }

  private Set<GuestClass> closure(GuestClass c) {
    Set<GuestClass> all = new LinkedHashSet<>();
    List<GuestClass> queue = new ArrayList<>(List.of(c));
    for (int i = 0; i < queue.size() && all.size() <= MAX_INTERFACES; i++) {
      GuestClass next = queue.get(i);
      if (next.kind() == Kind.OPS_INTERFACE && !all.add(next)) {
        continue;
      }
      for (String name : next.node().interfaces) {
        GuestClass parent = classes.get(name);
        if (parent != null && parent.kind() == Kind.OPS_INTERFACE) {
          queue.add(parent);
        }
      }
    }
    return all;
  }

  /** Whether any of the interfaces has this method. */
  boolean declares(GuestClass c, String name, String descriptor) {
    for (GuestClass i : interfacesOf(c)) {
      if (inherited(i, name, descriptor) != null) {
        return true;
      }
    }
    return false;
  }

  /**
   * The interface method that no other overrides, abstract or default. Null if there is none, or
   * several of which none extends all others: the JVM would take one default method among abstract
   * ones there, but javac lets no such class through.
   */
  @Nullable GuestMethod mostSpecific(GuestClass c, String name, String descriptor) {
    GuestMethod best = null;
    for (GuestClass i : interfacesOf(c)) {
      GuestMethod m = inherited(i, name, descriptor);
      if (m != null && (best == null || interfacesOf(i).contains(best.owner()))) {
        best = m;
      }
    }
    for (GuestClass i : interfacesOf(c)) {
      if (best != null
          && i != best.owner()
          && inherited(i, name, descriptor) != null
          && (!interfacesOf(best.owner()).contains(i) || interfacesOf(i).contains(best.owner()))) {
        return null;
      }
    }
    return best;
  }

  private static @Nullable GuestMethod inherited(GuestClass i, String name, String descriptor) {
    GuestMethod m = i.declared(name, descriptor);
    boolean good =
        m != null
            && !m.isStatic()
            && !m.isPrivate()
            && (m.role() == Role.CODE || m.role() == Role.ABSTRACT);
    return good ? m : null;
  }

  /** The abstract methods of an ops interface that no single default method implements. */
  List<GuestMethod> unimplemented(GuestClass ops) {
    List<GuestMethod> known = unimplemented.get(ops);
    if (known != null) {
      return known;
    }
    List<GuestMethod> missing = new ArrayList<>();
    for (GuestClass i : interfacesOf(ops)) {
      for (GuestMethod a : i.methods()) {
        if (a.role() == Role.ABSTRACT) {
          GuestMethod found = mostSpecific(ops, a.name(), a.descriptor());
          if (found == null || found.role() == Role.ABSTRACT) {
            missing.add(a);
          }
        }
      }
    }
    unimplemented.put(ops, missing);
    return missing;
  }
}
