package aerostat.vmm.image.rewrite;

import aerostat.vmm.image.Flavour;
import aerostat.vmm.image.RewrittenImage;
import aerostat.vmm.image.Rule;
import aerostat.vmm.image.verify.Refusals;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Has the JVM verify the rewritten classes once, in a loader that is thrown away, so that a class
 * that does not link is a refusal and never an error of a running VM.
 */
final class LinkCheck {
  private LinkCheck() {}

  static void check(RewrittenImage image, Refusals refusals) {
    for (Flavour flavour : Flavour.values()) {
      Map<String, byte[]> classes = image.classes().getOrDefault(flavour, Map.of());
      Scratch loader = new Scratch(classes, image.shared());
      for (String name : classes.keySet()) {
        try {
          Class.forName(name, true, loader);
        } catch (LinkageError | ClassNotFoundException e) {
          refusals.add(
              Rule.VERIFICATION,
              name,
              "",
              0,
              "the rewritten class does not link: " + e.getMessage(),
              "");
        }
      }
    }
  }

  private static final class Scratch extends ClassLoader {
    private final Map<String, byte[]> classes;
    private final Map<String, byte[]> shared;

    Scratch(Map<String, byte[]> classes, Map<String, byte[]> shared) {
      super(LinkCheck.class.getClassLoader());
      this.classes = classes;
      this.shared = shared;
    }

    private byte @Nullable [] bytes(String name) {
      byte[] b = classes.get(name);
      return b != null ? b : shared.get(name);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        Class<?> known = findLoadedClass(name);
        byte[] b = known == null ? bytes(name) : null;
        if (known != null) {
          return known;
        }
        return b == null ? super.loadClass(name, resolve) : defineClass(name, b, 0, b.length);
      }
    }
  }
}
