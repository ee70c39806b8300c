package aerostat.tools.explore;

import aerostat.tools.explore.agent.Agent;
import aerostat.tools.explore.agent.ExploreEntry;
import aerostat.vmm.image.GuestImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;

/** The guest kernel with {@link Agent} as its program. */
final class ExploreImage {
  private ExploreImage() {}

  static GuestImage get() {
    try {
      Map<String, byte[]> classes = new TreeMap<>(GuestImage.defaultImage().classes());
      for (Class<?> added : new Class<?>[] {Agent.class, ExploreEntry.class}) {
        String path = added.getName().replace('.', '/');
        try (InputStream in = added.getClassLoader().getResourceAsStream(path + ".class")) {
          if (in == null) {
            throw new IOException(path + " is not on the class path");
          }
          classes.put(path, in.readAllBytes());
        }
      }
      return GuestImage.fromClasses(classes, ExploreEntry.class.getName());
    } catch (IOException e) {
      throw new UncheckedIOException("the guest's classes cannot be read", e);
    }
  }
}
