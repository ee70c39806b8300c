package aerostat.tools.fuzz.image;

import aerostat.tools.fuzz.image.sample.Sample;
import aerostat.vmm.image.GuestImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** The class files to begin with. */
final class SampleImage {
  static final String ENTRY = Sample.class.getName();
  private static final String PACKAGE = Sample.class.getPackageName().replace('.', '/') + "/";
  private static final String MACHINE = "aerostat/guest/machine/";

  /** Those that inputs damage. */
  static final List<String> OWN =
      List.of(PACKAGE + "Sample", PACKAGE + "Node", PACKAGE + "Step", PACKAGE + "Add");

  private SampleImage() {}

  /** Of these classes those that inputs damage. */
  static SortedMap<String, byte[]> own(SortedMap<String, byte[]> classes) {
    SortedMap<String, byte[]> own = new TreeMap<>(classes);
    own.keySet().retainAll(OWN);
    return own;
  }

  /** By internal name: the machine's, and a guest's of our own. */
  static SortedMap<String, byte[]> classes() {
    SortedMap<String, byte[]> classes = new TreeMap<>();
    try {
      GuestImage.defaultImage()
          .classes()
          .forEach(
              (name, bytes) -> {
                if (name.startsWith(MACHINE)) {
                  classes.put(name, bytes);
                }
              });
      for (String name : OWN) {
        try (InputStream in =
            SampleImage.class.getClassLoader().getResourceAsStream(name + ".class")) {
          if (in == null) {
            throw new IOException("no class file of " + name);
          }
          classes.put(name, in.readAllBytes());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return classes;
  }
}
