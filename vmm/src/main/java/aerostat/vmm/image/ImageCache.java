package aerostat.vmm.image;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rewritten images on disk, by digest of the image and fingerprint of the rewriter. Only a hint: a
 * file that is missing, cut short, altered, or not the user's own is ignored and made anew. A file
 * holds a payload and its SHA-256; the folder and the files belong to the user alone.
 */
final class ImageCache {
  private static final Logger LOG = LoggerFactory.getLogger(ImageCache.class);
  private static final int MAGIC = 0x41_45_52_43;
  private static final int HASH = 32;
  private static final int MAX_FILE = 128 << 20;
  private static final int KEPT_FILES = 16;
  private static final int MAX_COUNT = 1 << 16;

  private final Path folder;
  private final String fingerprint;

  /** A cache in this folder, which is made when first written to. */
  ImageCache(Path folder, String fingerprint) {
    this.folder = folder;
    this.fingerprint = fingerprint;
  }

  /** {@code $XDG_CACHE_HOME/aerostat}, or {@code ~/.cache/aerostat}. */
  static Path defaultFolder() {
    String xdg = System.getenv("XDG_CACHE_HOME");
    Path base =
        xdg != null && xdg.startsWith("/")
            ? Path.of(xdg)
            : Path.of(System.getProperty("user.home", "/tmp"), ".cache");
    return base.resolve("aerostat");
  }

  Path fileOf(GuestImage image) {
    String name = HexFormat.of().formatHex(image.digest());
    return folder.resolve("image-" + name + "-" + fingerprint + ".bin");
  }

  /** The rewritten image, or null if there is no fit file. */
  @Nullable RewrittenImage load(GuestImage image) {
    Path file = fileOf(image);
    try {
      if (!Files.isRegularFile(file) || Files.size(file) > MAX_FILE || !isPrivate(file)) {
        return null;
      }
      byte[] bytes = Files.readAllBytes(file);
      if (bytes.length < HASH) {
        throw new IOException("cut short");
      }
      byte[] payload = Arrays.copyOf(bytes, bytes.length - HASH);
      byte[] hash = Arrays.copyOfRange(bytes, bytes.length - HASH, bytes.length);
      if (!MessageDigest.isEqual(ImageBlob.sha256(payload), hash)) {
        throw new IOException("wrong checksum");
      }
      try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(payload))) {
        return read(image, in);
      }
    } catch (IOException | RuntimeException e) {
      LOG.info("image cache: {} is ignored: {}", file, e.toString());
      return null;
    }
  }

  /** Whether nobody but the user could have written the file. */
  private boolean isPrivate(Path file) throws IOException {
    for (Path p : List.of(folder, file)) {
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(p);
      if (permissions.contains(PosixFilePermission.GROUP_WRITE)
          || permissions.contains(PosixFilePermission.OTHERS_WRITE)
          || !Files.getOwner(p).equals(Files.getOwner(Path.of("/proc/self")))) {
        throw new IOException("others can write " + p);
      }
    }
    return true;
  }

  /** Writes the file, atomically; a failure is logged and forgotten. */
  void store(RewrittenImage image) {
    Path file = fileOf(image.image());
    try {
      Files.createDirectories(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      ByteArrayOutputStream payload = new ByteArrayOutputStream();
      try (DataOutputStream out = new DataOutputStream(payload)) {
        write(image, out);
      }
      byte[] hash = ImageBlob.sha256(payload.toByteArray());
      payload.writeBytes(hash);
      Path temporary = Files.createTempFile(folder, "image-", ".tmp");
      try {
        Files.write(temporary, payload.toByteArray());
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(temporary);
      }
      prune();
    } catch (IOException | RuntimeException e) {
      LOG.info("image cache: {} cannot be written: {}", file, e.toString());
    }
  }

  /** Deletes the oldest files beyond the number that is kept. */
  private void prune() throws IOException {
    List<Path> files;
    try (Stream<Path> list = Files.list(folder)) {
      files = new ArrayList<>(list.filter(p -> fileName(p).startsWith("image-")).toList());
    }
    Map<Path, FileTime> times = new LinkedHashMap<>();
    for (Path p : files) {
      times.put(p, Files.getLastModifiedTime(p));
    }
    files.sort(Comparator.comparing((Path p) -> times.getOrDefault(p, FileTime.fromMillis(0))));
    for (int i = 0; i < files.size() - KEPT_FILES; i++) {
      Files.deleteIfExists(files.get(i));
    }
  }

  private static String fileName(Path path) {
    Path name = path.getFileName();
    return name == null ? "" : name.toString();
  }

  // ---- payload ----

  private static void write(RewrittenImage image, DataOutputStream out) throws IOException {
    out.writeInt(MAGIC);
    out.write(image.digest());
    for (Flavour f : Flavour.values()) {
      write(image.classes().getOrDefault(f, Map.of()), out);
    }
    write(image.shared(), out);
    out.writeInt(image.startMethod());
    out.writeInt(image.interruptMethod());
    out.writeInt(image.threadMethod());
    out.writeLong(image.hostStackBytes());
    out.writeInt(image.reports().size());
    for (String report : image.reports()) {
      out.writeUTF(report);
    }
    out.write(image.resumeTable().encode());
  }

  private static void write(Map<String, byte[]> classes, DataOutputStream out) throws IOException {
    out.writeInt(classes.size());
    for (Map.Entry<String, byte[]> e : new TreeMap<>(classes).entrySet()) {
      out.writeUTF(e.getKey());
      out.writeInt(e.getValue().length);
      out.write(e.getValue());
    }
  }

  private static RewrittenImage read(GuestImage image, DataInputStream in) throws IOException {
    if (in.readInt() != MAGIC || !MessageDigest.isEqual(in.readNBytes(HASH), image.digest())) {
      throw new IOException("another file");
    }
    Map<Flavour, Map<String, byte[]>> classes = new EnumMap<>(Flavour.class);
    for (Flavour f : Flavour.values()) {
      classes.put(f, readClasses(in));
    }
    Map<String, byte[]> shared = readClasses(in);
    int start = in.readInt();
    int interrupt = in.readInt();
    int thread = in.readInt();
    long hostStack = in.readLong();
    List<String> reports = new ArrayList<>();
    for (int i = count(in); i > 0; i--) {
      reports.add(in.readUTF());
    }
    ResumeTable table = ResumeTable.decode(in);
    return new RewrittenImage(
        image, classes, shared, table, start, interrupt, thread, hostStack, reports);
  }

  private static Map<String, byte[]> readClasses(DataInputStream in) throws IOException {
    Map<String, byte[]> classes = new LinkedHashMap<>();
    for (int i = count(in); i > 0; i--) {
      String name = in.readUTF();
      int length = in.readInt();
      if (length < 0 || length > in.available()) {
        throw new IOException("class of " + length + " bytes");
      }
      classes.put(name, in.readNBytes(length));
    }
    return classes;
  }

  private static int count(DataInputStream in) throws IOException {
    int count = in.readInt();
    if (count < 0 || count > MAX_COUNT) {
      throw new IOException("count " + count);
    }
    return count;
  }
}
