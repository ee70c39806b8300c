package aerostat.vmm.image;

import aerostat.mmio.memory.GuestMemory;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The canonical bytes of an image, little-endian:
 *
 * <pre>
 * 8 bytes  "AEROIMG1"        u32 format version (1)   u32 number of classes
 * u16 length, entry class name (ASCII, dots)
 * per class, sorted by name: u16 length, name (ASCII, slashes), u32 length, class file
 * then, each at the next address with (address mod 8) = 4, sorted:
 *   u32 length, the constant string's Latin-1 bytes, NUL
 * </pre>
 */
final class ImageBlob {
  private static final byte[] MAGIC = "AEROIMG1".getBytes(StandardCharsets.US_ASCII);
  private static final int VERSION = 1;
  private static final int MAX_NAME = 255;

  private ImageBlob() {}

  /** Makes the bytes and fills in the addresses of the strings. */
  static byte[] encode(
      SortedMap<String, byte[]> classes, String entry, Map<String, Long> addresses) {
    SortedSet<String> strings = new TreeSet<>();
    long size = MAGIC.length + 8L + 2 + entry.length();
    for (Map.Entry<String, byte[]> e : classes.entrySet()) {
      size += 2 + e.getKey().length() + 4 + e.getValue().length;
      ConstantStrings.collect(e.getValue(), strings);
    }
    for (String s : strings) {
      size = stringStart(size) + 4 + s.length() + 1;
    }
    ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(size)).order(ByteOrder.LITTLE_ENDIAN);
    out.put(MAGIC).putInt(VERSION).putInt(classes.size());
    putName(out, entry);
    for (Map.Entry<String, byte[]> e : classes.entrySet()) {
      putName(out, e.getKey());
      out.putInt(e.getValue().length).put(e.getValue());
    }
    for (String s : strings) {
      out.position((int) stringStart(out.position()));
      out.putInt(s.length());
      addresses.put(s, GuestMemory.RAM_BASE + out.position());
      out.put(s.getBytes(StandardCharsets.ISO_8859_1)).put((byte) 0);
    }
    return out.array();
  }

  /**
   * Next offset that is 4 beyond a multiple of 8, so that the bytes after the length are aligned.
   */
  private static long stringStart(long offset) {
    return ((offset + 3) & ~7L) + 4;
  }

  private static void putName(ByteBuffer out, String name) {
    out.putShort((short) name.length()).put(name.getBytes(StandardCharsets.US_ASCII));
  }

  static GuestImage decode(byte[] blob) {
    ByteBuffer in = ByteBuffer.wrap(blob).order(ByteOrder.LITTLE_ENDIAN);
    try {
      byte[] magic = new byte[MAGIC.length];
      in.get(magic);
      if (!MessageDigest.isEqual(magic, MAGIC)) {
        throw refused("the bytes do not begin with AEROIMG1");
      }
      int version = in.getInt();
      if (version != VERSION) {
        throw refused("image format version " + version + ", this VMM knows " + VERSION);
      }
      int count = in.getInt();
      if (count < 0 || count > GuestImage.MAX_CLASSES) {
        throw refused("number of classes " + Integer.toUnsignedString(count));
      }
      String entry = takeName(in);
      SortedMap<String, byte[]> classes = new TreeMap<>();
      for (int i = 0; i < count; i++) {
        String name = takeName(in);
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
          throw refused("class " + name + " is cut short");
        }
        checkSizes(count, name, length, blob.length);
        byte[] bytes = new byte[length];
        in.get(bytes);
        if (classes.put(name, bytes) != null) {
          throw refused("class " + name + " occurs twice");
        }
      }
      return GuestImage.fromClasses(classes, entry);
    } catch (BufferUnderflowException e) {
      throw refused("the image is cut short");
    }
  }

  private static String takeName(ByteBuffer in) {
    byte[] bytes = new byte[Math.min(Short.toUnsignedInt(in.getShort()), MAX_NAME + 1)];
    in.get(bytes);
    String name = new String(bytes, StandardCharsets.ISO_8859_1);
    checkName(name.replace('.', '/'));
    return name;
  }

  /** Refuses what is not a class name with slashes, in printable ASCII. */
  static void checkName(String name) {
    boolean good = !name.isEmpty() && name.length() <= MAX_NAME;
    for (int i = 0; good && i < name.length(); i++) {
      char c = name.charAt(i);
      good = c > ' ' && c < 0x7F && ".;[<>:\\".indexOf(c) < 0;
    }
    if (!good || name.startsWith("/") || name.endsWith("/") || name.contains("//")) {
      throw refused("not a class name of 1 to " + MAX_NAME + " ASCII characters");
    }
  }

  static void checkSizes(int count, String name, long classBytes, long totalBytes) {
    if (count > GuestImage.MAX_CLASSES) {
      throw limit("", "more than " + GuestImage.MAX_CLASSES + " classes");
    }
    if (classBytes > GuestImage.MAX_CLASS_BYTES) {
      throw limit(name, "class file of more than " + GuestImage.MAX_CLASS_BYTES + " bytes");
    }
    if (totalBytes > GuestImage.MAX_BYTES + (1 << 20)) {
      throw limit("", "class files of more than " + GuestImage.MAX_BYTES + " bytes together");
    }
  }

  static ImageRefusedException limit(String className, String found) {
    return new ImageRefusedException(
        new Refusal(Rule.LIMITS, className.replace('/', '.'), "", 0, found, ""));
  }

  static ImageRefusedException refused(String found) {
    return new ImageRefusedException(new Refusal(Rule.CLASS_FILE, "", "", 0, found, ""));
  }

  static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
