package aerostat.tools.fuzz.device;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a {@link UserDevice} is found.
 *
 * @param name of the class; empty: there is none
 * @param path folders and jars that hold it, as {@code java -cp} takes them
 */
public record UserDeviceClass(String name, String path) {
  /** Our own balloon. */
  public static final UserDeviceClass NONE = new UserDeviceClass("", "");

  public boolean none() {
    return name.isEmpty();
  }

  /**
   * A new device.
   *
   * @throws IllegalArgumentException if the class cannot be had, with the reason
   */
  UserDevice make() {
    List<URL> urls = new ArrayList<>();
    try {
      for (String part : path.split(File.pathSeparator)) {
        if (!part.isEmpty()) {
          urls.add(Path.of(part).toUri().toURL());
        }
      }
      // Not closed: the device may load its other classes at any time.
      ClassLoader loader =
          new URLClassLoader(
              "user-device", urls.toArray(new URL[0]), UserDevice.class.getClassLoader());
      return Class.forName(name, true, loader)
          .asSubclass(UserDevice.class)
          .getDeclaredConstructor()
          .newInstance();
    } catch (ClassNotFoundException e) {
      throw new IllegalArgumentException(
          "--device-class " + name + ": no such class in the --class-path", e);
    } catch (InvocationTargetException e) {
      throw new IllegalArgumentException(
          "--device-class " + name + ": its constructor threw " + e.getCause(), e);
    } catch (NoSuchMethodException e) {
      throw new IllegalArgumentException(
          "--device-class " + name + ": it has no constructor without arguments", e);
    } catch (MalformedURLException
        | InvalidPathException
        | ReflectiveOperationException
        | LinkageError
        | ClassCastException e) {
      throw new IllegalArgumentException("--device-class " + name + ": " + e, e);
    }
  }
}
