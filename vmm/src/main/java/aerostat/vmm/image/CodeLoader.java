package aerostat.vmm.image;

import aerostat.vmm.cpu.ResumeEntry;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The code of one VM: its own copy of the intrinsics, and for each flavour its own copy of the
 * rewritten guest. Classes are defined when they are first used.
 *
 * <p>{@code aerostat.vmm.cpu.Intrinsics} and {@code SanitizingIntrinsics} (and their nested
 * classes) are defined afresh for each VM from the bytes on the class path; all else that they name
 * comes from the VMM's own loader and therefore must be public. Both flavours share them.
 */
public final class CodeLoader {
  private static final String CPU = "aerostat.vmm.cpu.";
  private static final Set<String> TEMPLATES =
      Set.of(
          CPU + "Intrinsics",
          CPU + "IntrinsicsPort",
          CPU + "BlockIntrinsics",
          CPU + "UnmarkedStores",
          CPU + "SanitizingIntrinsics");
  private static final String RESUME = CPU + "gen.Resume";

  private final RewrittenImage image;
  private final TemplateLoader templates;
  private final Map<Flavour, ResumeEntry> entries = new EnumMap<>(Flavour.class);
  private final Map<Flavour, GuestLoader> guests = new EnumMap<>(Flavour.class);

  /** Prepares the loaders; defines nothing yet. */
  public CodeLoader(RewrittenImage image) {
    this.image = image;
    templates = new TemplateLoader(image.shared());
  }

  /**
   * This VM's copy of a class of the intrinsics template, initialised.
   *
   * @param name {@code aerostat.vmm.cpu.Intrinsics} or {@code …SanitizingIntrinsics}
   */
  public Class<?> intrinsics(String name) {
    if (!TEMPLATES.contains(name)) {
      throw new IllegalArgumentException("no template: " + name);
    }
    return load(name, templates);
  }

  /** Where the dispatcher enters guest code of this flavour. */
  public synchronized ResumeEntry resumeEntry(Flavour flavour) {
    return entries.computeIfAbsent(
        flavour,
        f -> {
          try {
            return (ResumeEntry) guestClass(f, RESUME).getDeclaredConstructor().newInstance();
          } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("generated class does not fit", e);
          }
        });
  }

  /**
   * This VM's copy of a rewritten class, for benchmarks and tests that call guest methods directly.
   *
   * @param name name in the image, with dots
   */
  public synchronized Class<?> guestClass(Flavour flavour, String name) {
    GuestLoader loader =
        guests.computeIfAbsent(
            flavour, f -> new GuestLoader(templates, image.classes().getOrDefault(f, Map.of())));
    return load(name, loader);
  }

  private static Class<?> load(String name, ClassLoader loader) {
    try {
      return Class.forName(name, true, loader);
    } catch (ClassNotFoundException e) {
      throw new IllegalArgumentException("no such class: " + name, e);
    }
  }

  private static final class TemplateLoader extends ClassLoader {
    private final Map<String, byte[]> shared;

    TemplateLoader(Map<String, byte[]> shared) {
      super("aerostat-vm", CodeLoader.class.getClassLoader());
      this.shared = shared;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        Class<?> known = findLoadedClass(name);
        if (known != null) {
          return known;
        }
        byte[] bytes = shared.get(name);
        if (bytes == null && isTemplate(name)) {
          bytes = template(name);
        }
        return bytes == null
            ? super.loadClass(name, resolve)
            : defineClass(name, bytes, 0, bytes.length);
      }
    }

    private static boolean isTemplate(String name) {
      int nested = name.indexOf('$');
      return TEMPLATES.contains(nested < 0 ? name : name.substring(0, nested));
    }

    private static byte @Nullable [] template(String name) {
      try (InputStream in =
          CodeLoader.class
              .getClassLoader()
              .getResourceAsStream(name.replace('.', '/') + ".class")) {
        return in == null ? null : in.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Guest classes; they name each other, the templates, and pure JDK classes, nothing else. */
  private static final class GuestLoader extends ClassLoader {
    private final Map<String, byte[]> classes;

    GuestLoader(TemplateLoader parent, Map<String, byte[]> classes) {
      super("aerostat-guest", parent);
      this.classes = classes;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        Class<?> known = findLoadedClass(name);
        if (known != null) {
          return known;
        }
        byte[] bytes = classes.get(name);
        return bytes == null
            ? super.loadClass(name, resolve)
            : defineClass(name, bytes, 0, bytes.length);
      }
    }
  }
}
