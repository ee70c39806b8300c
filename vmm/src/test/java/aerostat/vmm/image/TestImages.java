package aerostat.vmm.image;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Images made of test classes. */
final class TestImages {
  private TestImages() {}

  /** The machine's own classes, which each image needs. */
  static Map<String, byte[]> machine() {
    Map<String, byte[]> classes = new TreeMap<>();
    try {
      GuestImage.defaultImage()
          .classes()
          .forEach(
              (name, bytes) -> {
                if (name.startsWith("aerostat/guest/machine/")) {
                  classes.put(name, bytes);
                }
              });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return classes;
  }

  /** All classes of a package beside a test class. */
  static Map<String, byte[]> packageOf(Class<?> member) {
    Map<String, byte[]> classes = new TreeMap<>();
    String folder = member.getPackageName().replace('.', '/');
    URL url = member.getResource(member.getSimpleName() + ".class");
    if (url == null) {
      throw new IllegalStateException("no class file of " + member);
    }
    try (Stream<Path> files = Files.list(Path.of(url.toURI()).resolveSibling("."))) {
      List<Path> all = files.filter(p -> p.toString().endsWith(".class")).toList();
      for (Path p : all) {
        String name = String.valueOf(p.getFileName()).replace(".class", "");
        if (!name.equals("package-info")) {
          classes.put(folder + "/" + name, Files.readAllBytes(p));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
    return classes;
  }

  /** The image of the bytecode shapes. */
  static GuestImage shapes() {
    Map<String, byte[]> classes = machine();
    classes.putAll(packageOf(aerostat.guest.shapes.ShapesEntry.class));
    return GuestImage.fromClasses(classes, "aerostat.guest.shapes.ShapesEntry");
  }
}
