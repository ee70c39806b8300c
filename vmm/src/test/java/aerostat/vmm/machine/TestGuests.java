package aerostat.vmm.machine;

import aerostat.vmm.image.GuestImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;

/** Images of the guests in {@code aerostat.bareguest}. */
final class TestGuests {
  private static final String[] MACHINE = {"Memory", "Io", "Cpu", "Ops", "Intrinsic", "Bounded"};

  private TestGuests() {}

  /** The image whose entry class is this one. */
  static GuestImage image(Class<?> entry) {
    Map<String, byte[]> classes = new TreeMap<>();
    add(classes, entry.getName());
    add(classes, "aerostat.bareguest.Bare");
    for (String name : MACHINE) {
      add(classes, "aerostat.guest.machine." + name);
    }
    return GuestImage.fromClasses(classes, entry.getName());
  }

  private static void add(Map<String, byte[]> classes, String name) {
    String path = name.replace('.', '/') + ".class";
    try (InputStream in = TestGuests.class.getClassLoader().getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException("no class " + name);
      }
      classes.put(name, in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
