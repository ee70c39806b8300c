package aerostat.vmm.image.erase;

import aerostat.vmm.image.verify.GuestMethod;
import aerostat.vmm.image.verify.ImageModel;
import aerostat.vmm.image.verify.Refusals;
import aerostat.vmm.image.verify.VerifiedImage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;

/** All methods of an image after erasure, numbered. */
public final class ErasedProgram {
  private final List<ErasedMethod> methods;
  private final Map<String, ErasedMethod> byKey = new HashMap<>();
  private final Map<GuestMethod, ErasedMethod> byOrigin;

  ErasedProgram(List<ErasedMethod> methods, Map<GuestMethod, ErasedMethod> byOrigin) {
    this.methods = List.copyOf(methods);
    this.byOrigin = byOrigin;
    for (ErasedMethod m : methods) {
      byKey.put(m.key(), m);
    }
  }

  /**
   * Erases a verified image.
   *
   * @param refusals receives what only shows now: ops calls without a single implementation, and
   *     methods that became too large
   */
  public static ErasedProgram of(VerifiedImage image, Refusals refusals) {
    ErasedLimits limits = new ErasedLimits(refusals);
    Naming naming = new Naming(image, limits, refusals);
    for (Map.Entry<GuestMethod, ErasedMethod> e : naming.methods().entrySet()) {
      new Eraser(image, naming, e.getKey(), e.getValue()).erase();
      limits.add(e.getValue());
    }
    return new ErasedProgram(naming.all(), naming.methods());
  }

  /** All methods; element i has id i + 1. */
  public List<ErasedMethod> methods() {
    return methods;
  }

  /** The image's method that this instruction calls, or null for anything else. */
  public @Nullable ErasedMethod callee(AbstractInsnNode n) {
    return n instanceof MethodInsnNode call
        ? byKey.get(call.owner + "." + call.name + call.desc)
        : null;
  }

  /** A static method of the entry class. */
  public ErasedMethod entry(ImageModel model, String name, String descriptor) {
    String owner = model.image().entryClass().replace('.', '/');
    for (Map.Entry<GuestMethod, ErasedMethod> e : byOrigin.entrySet()) {
      GuestMethod m = e.getKey();
      if (m.owner().name().equals(owner)
          && m.name().equals(name)
          && m.descriptor().equals(descriptor)) {
        return e.getValue();
      }
    }
    throw new IllegalStateException("no entry method " + name);
  }
}
