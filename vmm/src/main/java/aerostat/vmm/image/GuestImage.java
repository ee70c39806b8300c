package aerostat.vmm.image;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A guest image: class files, the name of the entry class, and the constant strings, in the one
 * canonical form that lies in ROM at the start of guest RAM. Nothing is verified yet, see {@link
 * Images#rewrite}.
 */
public final class GuestImage {
  /** Entry class of an image that does not name one. */
  public static final String DEFAULT_ENTRY = "aerostat.guest.kernel.Entry";

  /** Jar manifest attribute that names the entry class. */
  public static final String ENTRY_ATTRIBUTE = "Aerostat-Entry";

  /** Most classes of an image. */
  public static final int MAX_CLASSES = 4096;

  /** Most bytes of one class file. */
  public static final int MAX_CLASS_BYTES = 1 << 20;

  /** Most bytes of all class files. */
  public static final int MAX_BYTES = 16 << 20;

  private static final String MACHINE = "aerostat/guest/machine/";
  private static final String PLAIN = "aerostat/guest/plain/";

  /** A guest that comes and goes brings the same image again; unpacking it takes milliseconds. */
  private static volatile @Nullable GuestImage lastDecoded;

  private final SortedMap<String, byte[]> classes;
  private final String entryClass;
  private final byte[] bytes;
  private final SortedMap<String, Long> strings;
  private final byte[] digest;

  private GuestImage(SortedMap<String, byte[]> classes, String entryClass) {
    this.classes = classes;
    this.entryClass = entryClass;
    strings = new TreeMap<>();
    bytes = ImageBlob.encode(classes, entryClass, strings);
    digest = ImageBlob.sha256(bytes);
  }

  /**
   * The image that is on the VMM's own class path.
   *
   * @throws IOException if the guest's classes cannot be read
   */
  public static GuestImage defaultImage() throws IOException {
    return fromClasses(classPathGuest(), DEFAULT_ENTRY);
  }

  /**
   * The image in a jar: all classes but {@code META-INF}, module and package infos, and the plain
   * stand-in of the machine. Classes of {@code aerostat.guest.machine} that the jar lacks are
   * added.
   *
   * @throws IOException if the file is no readable jar
   * @throws ImageRefusedException if it is too large
   */
  public static GuestImage fromJar(Path jar) throws IOException {
    SortedMap<String, byte[]> classes = new TreeMap<>();
    String entry = DEFAULT_ENTRY;
    try (JarFile file = new JarFile(jar.toFile(), false)) {
      Manifest manifest = manifest(file);
      if (manifest.getMainAttributes().getValue(ENTRY_ATTRIBUTE) != null) {
        entry = manifest.getMainAttributes().getValue(ENTRY_ATTRIBUTE).trim();
      }
      long total = 0;
      Enumeration<JarEntry> entries = file.entries();
      while (entries.hasMoreElements()) {
        JarEntry e = entries.nextElement();
        if (!isImageClass(e.getName())) {
          continue;
        }
        try (InputStream in = file.getInputStream(e)) {
          byte[] b = in.readNBytes(MAX_CLASS_BYTES + 1);
          total += b.length;
          ImageBlob.checkSizes(classes.size() + 1, e.getName(), b.length, total);
          classes.put(nameOf(e.getName()), b);
        }
      }
    } catch (IllegalArgumentException | SecurityException e) {
      throw new IOException("not a readable jar: " + jar, e);
    }
    classPathGuest()
        .forEach(
            (name, b) -> {
              if (name.startsWith(MACHINE)) {
                classes.putIfAbsent(name, b);
              }
            });
    return fromClasses(classes, entry);
  }

  /**
   * An image of these classes.
   *
   * @param classes class files by name (with dots or slashes); copied
   * @param entryClass name of the entry class, with dots
   * @throws ImageRefusedException if a limit is exceeded or a name is no class name
   */
  public static GuestImage fromClasses(Map<String, byte[]> classes, String entryClass) {
    SortedMap<String, byte[]> sorted = new TreeMap<>();
    long total = 0;
    for (Map.Entry<String, byte[]> e : classes.entrySet()) {
      total += e.getValue().length;
      String name = e.getKey().replace('.', '/');
      ImageBlob.checkSizes(sorted.size() + 1, name, e.getValue().length, total);
      ImageBlob.checkName(name);
      sorted.put(name, e.getValue().clone());
    }
    ImageBlob.checkName(entryClass.replace('.', '/'));
    return new GuestImage(sorted, entryClass);
  }

  /**
   * Reads the canonical bytes, from a stream or from guest memory. They are not trusted: anything
   * but the exact canonical form of some image is refused.
   *
   * @throws ImageRefusedException if they are not an image
   */
  public static GuestImage decode(byte[] blob) {
    GuestImage known = lastDecoded;
    if (known != null && Arrays.equals(known.bytes, blob)) {
      return known;
    }
    GuestImage image = ImageBlob.decode(blob);
    if (!Arrays.equals(image.bytes, blob)) {
      throw ImageBlob.refused("the image is not in its canonical form");
    }
    lastDecoded = image;
    return image;
  }

  /** The canonical bytes, as they lie in ROM from {@code RAM_BASE}. */
  public byte[] encode() {
    return bytes.clone();
  }

  /** Bytes of the canonical form. */
  public int size() {
    return bytes.length;
  }

  /** SHA-256 of the canonical bytes. */
  public byte[] digest() {
    return digest.clone();
  }

  /** Name of the entry class, with dots. */
  public String entryClass() {
    return entryClass;
  }

  /** Class files by internal name (with slashes), sorted. Not to be changed. */
  public SortedMap<String, byte[]> classes() {
    return java.util.Collections.unmodifiableSortedMap(classes);
  }

  /** Guest address of each constant string's bytes; its 32-bit length lies 4 bytes below. */
  public SortedMap<String, Long> strings() {
    return java.util.Collections.unmodifiableSortedMap(strings);
  }

  /** Empty if there is none. Read here, so that its size has a limit. */
  private static Manifest manifest(JarFile file) throws IOException {
    JarEntry entry = file.getJarEntry(JarFile.MANIFEST_NAME);
    if (entry == null) {
      return new Manifest();
    }
    try (InputStream in = file.getInputStream(entry)) {
      byte[] bytes = in.readNBytes(MAX_CLASS_BYTES + 1);
      if (bytes.length > MAX_CLASS_BYTES) {
        throw ImageBlob.limit("", "a jar manifest of more than " + MAX_CLASS_BYTES + " bytes");
      }
      return new Manifest(new ByteArrayInputStream(bytes));
    }
  }

  private static boolean isImageClass(String path) {
    return path.endsWith(".class")
        && !path.startsWith("META-INF/")
        && !path.startsWith(PLAIN)
        && !path.endsWith("module-info.class")
        && !path.endsWith("package-info.class");
  }

  private static String nameOf(String path) {
    return path.substring(0, path.length() - ".class".length());
  }

  private static SortedMap<String, byte[]> classPathGuest() throws IOException {
    String probe = MACHINE + "Memory.class";
    URL url = GuestImage.class.getClassLoader().getResource(probe);
    if (url == null) {
      throw new IOException("the guest's classes are not on the class path");
    }
    try {
      if (url.getProtocol().equals("jar")) {
        String text = url.toString();
        URI jar = new URI(text.substring("jar:".length(), text.indexOf("!/")));
        try (FileSystem fs = FileSystems.newFileSystem(Path.of(jar))) {
          return readTree(fs.getPath("/"));
        }
      }
      Path file = Path.of(url.toURI());
      Path root = file;
      for (int i = 0; i < probe.split("/").length; i++) {
        root = parent(root);
      }
      return readTree(root);
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
  }

  private static Path parent(Path path) throws IOException {
    Path parent = path.getParent();
    if (parent == null) {
      throw new IOException("no folder above " + path);
    }
    return parent;
  }

  private static SortedMap<String, byte[]> readTree(Path root) throws IOException {
    SortedMap<String, byte[]> classes = new TreeMap<>();
    List<Path> files;
    try (Stream<Path> walk = Files.walk(root.resolve("aerostat/guest"))) {
      files = walk.filter(Files::isRegularFile).toList();
    }
    for (Path file : files) {
      String name = root.relativize(file).toString().replace('\\', '/');
      if (isImageClass(name)) {
        classes.put(nameOf(name), Files.readAllBytes(file));
      }
    }
    return classes;
  }
}
