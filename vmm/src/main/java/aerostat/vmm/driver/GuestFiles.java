package aerostat.vmm.driver;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.JavaFileObject.Kind;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;

/** javac's files: the guest's classes are its class path, and what it makes stays in memory. */
final class GuestFiles extends ForwardingJavaFileManager<StandardJavaFileManager> {
  private final SortedMap<String, byte[]> guest;
  private final SortedMap<String, ByteArrayOutputStream> made = new TreeMap<>();

  /**
   * @param guest class files by internal name
   */
  GuestFiles(StandardJavaFileManager files, SortedMap<String, byte[]> guest) {
    super(files);
    this.guest = guest;
  }

  /** The class files that javac has made, by internal name. */
  SortedMap<String, byte[]> made() {
    SortedMap<String, byte[]> classes = new TreeMap<>();
    made.forEach((name, bytes) -> classes.put(name, bytes.toByteArray()));
    return classes;
  }

  /** Only the guest and the JDK: nothing of the VMM, whatever class path it was started with. */
  @Override
  public Iterable<JavaFileObject> list(
      Location location, String packageName, Set<Kind> kinds, boolean recurse) throws IOException {
    if (location != StandardLocation.CLASS_PATH) {
      return super.list(location, packageName, kinds, recurse);
    }
    List<JavaFileObject> found = new ArrayList<>();
    if (kinds.contains(Kind.CLASS)) {
      String prefix = packageName.isEmpty() ? "" : packageName.replace('.', '/') + "/";
      for (Map.Entry<String, byte[]> e : guest.tailMap(prefix).entrySet()) {
        if (!e.getKey().startsWith(prefix)) {
          break;
        }
        if (recurse || e.getKey().indexOf('/', prefix.length()) < 0) {
          found.add(new ClassOfGuest(e.getKey(), e.getValue()));
        }
      }
    }
    return found;
  }

  @Override
  public String inferBinaryName(Location location, JavaFileObject file) {
    return file instanceof ClassOfGuest c
        ? c.name.replace('/', '.')
        : super.inferBinaryName(location, file);
  }

  @Override
  public JavaFileObject getJavaFileForOutput(
      Location location, String className, Kind kind, FileObject sibling) {
    String name = className.replace('.', '/');
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    made.put(name, bytes);
    return new SimpleJavaFileObject(uri(name), kind) {
      @Override
      public OutputStream openOutputStream() {
        return bytes;
      }
    };
  }

  private static URI uri(String name) {
    return URI.create("guest:///" + name + Kind.CLASS.extension);
  }

  private static final class ClassOfGuest extends SimpleJavaFileObject {
    private final String name;
    private final byte[] bytes;

    ClassOfGuest(String name, byte[] bytes) {
      super(uri(name), Kind.CLASS);
      this.name = name;
      this.bytes = bytes;
    }

    @Override
    public InputStream openInputStream() {
      return new ByteArrayInputStream(bytes);
    }
  }
}
