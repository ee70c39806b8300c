package aerostat.vmm.image.erase;

import aerostat.vmm.image.Rule;
import aerostat.vmm.image.verify.CallResolver;
import aerostat.vmm.image.verify.CallTarget;
import aerostat.vmm.image.verify.Descriptors;
import aerostat.vmm.image.verify.GuestClass;
import aerostat.vmm.image.verify.GuestMethod;
import aerostat.vmm.image.verify.ImageModel;
import aerostat.vmm.image.verify.Refusals;
import aerostat.vmm.image.verify.VerifiedImage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;

/**
 * Numbers and names the methods that will be emitted: those of the image, and a dispatcher for each
 * ops method that is called. Overloads get names of their own, because erasure can make their
 * descriptors equal.
 */
final class Naming {
  /** Bounds the code of the dispatchers, and the time that it takes to find their targets. */
  private static final long MAX_CASES = 200_000;

  private final Map<GuestMethod, ErasedMethod> methods = new LinkedHashMap<>();
  private final Map<CallTarget.Dispatch, ErasedMethod> dispatchers = new LinkedHashMap<>();
  private final List<ErasedMethod> all = new ArrayList<>();

  private record Planned(
      GuestClass owner,
      String name,
      String descriptor,
      @Nullable GuestMethod origin,
      CallTarget.@Nullable Dispatch dispatch) {
    static final Comparator<Planned> ORDER =
        Comparator.comparing((Planned p) -> p.owner.name())
            .thenComparing(Planned::name)
            .thenComparing(Planned::descriptor)
            .thenComparing(p -> p.origin == null);
  }

  Naming(VerifiedImage image, ErasedLimits limits, Refusals refusals) {
    List<Planned> planned = new ArrayList<>();
    Set<CallTarget.Dispatch> called = new HashSet<>();
    CallResolver resolver = new CallResolver(image.model());
    for (GuestMethod m : image.frames().keySet()) {
      planned.add(new Planned(m.owner(), m.name(), m.descriptor(), m, null));
      for (AbstractInsnNode n : m.node().instructions) {
        if (n instanceof MethodInsnNode call
            && resolver.resolve(call) instanceof CallTarget.Dispatch d
            && called.add(d)) {
          planned.add(new Planned(d.ops(), d.name(), d.descriptor(), null, d));
        }
      }
    }
    long cases = (long) called.size() * image.model().implementations().size();
    if (cases > MAX_CASES) {
      refusals.add(
          Rule.LIMITS,
          image.model().image().entryClass(),
          "",
          0,
          called.size()
              + " ops methods times "
              + image.model().implementations().size()
              + " implementations, at most "
              + MAX_CASES,
          "use fewer");
      refusals.throwIfAny();
    }
    limits.methods(planned.size(), image.model().image().entryClass());
    planned.sort(Planned.ORDER);
    name(image.model(), planned, limits, refusals);
  }

  private void name(
      ImageModel model, List<Planned> planned, ErasedLimits limits, Refusals refusals) {
    Map<String, Set<String>> used = new HashMap<>();
    for (Planned p : planned) {
      Set<String> names = used.computeIfAbsent(p.owner.name(), k -> sourceNames(p.owner));
      boolean instance = p.origin == null || !p.origin.isStatic();
      ErasedMethod m =
          new ErasedMethod(
              p.owner,
              p.name,
              free(p.name, names),
              Descriptors.erase(p.descriptor, instance),
              p.origin == null ? -1 : p.origin.bound(),
              all.size() + 1,
              p.origin == null);
      all.add(m);
      if (p.origin != null) {
        methods.put(p.origin, m);
      } else if (p.dispatch != null) {
        dispatchers.put(p.dispatch, m);
      }
    }
    dispatchers.forEach(
        (d, m) -> {
          if (check(model, d, refusals)) {
            new Dispatcher(model, this, limits).build(d, m);
            limits.add(m);
          }
        });
  }

  private static Set<String> sourceNames(GuestClass c) {
    Set<String> names = new HashSet<>();
    for (GuestMethod m : c.methods()) {
      names.add("source " + m.name());
    }
    return names;
  }

  /** The name itself if it is free, else with a number that no source name has. */
  private static String free(String name, Set<String> used) {
    String candidate = name;
    for (int i = 1;
        used.contains(candidate)
            || candidate.endsWith("$r")
            || (i > 1 && used.contains("source " + candidate));
        i++) {
      candidate = name + "$" + i;
    }
    used.add(candidate);
    return candidate;
  }

  private static boolean check(ImageModel model, CallTarget.Dispatch d, Refusals refusals) {
    boolean good = true;
    for (ImageModel.Implementation i : model.implementations()) {
      if (model.implementsOps(i, d.ops()) && model.select(i, d.name(), d.descriptor()) == null) {
        refusals.add(
            Rule.OPS,
            i.record() != null ? i.record().name() : i.key(),
            d.name(),
            0,
            "no single implementation of " + d.ops().dottedName() + "." + d.name(),
            "implement the method in the record itself");
        good = false;
      }
    }
    return good;
  }

  Map<GuestMethod, ErasedMethod> methods() {
    return methods;
  }

  List<ErasedMethod> all() {
    return all;
  }

  ErasedMethod of(GuestMethod method) {
    ErasedMethod m = methods.get(method);
    if (m == null) {
      throw new IllegalStateException("not emitted: " + method);
    }
    return m;
  }

  ErasedMethod of(CallTarget.Dispatch dispatch) {
    ErasedMethod m = dispatchers.get(dispatch);
    if (m == null) {
      throw new IllegalStateException("no dispatcher: " + dispatch);
    }
    return m;
  }
}
