package aerostat.vmm.image.verify;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * Looks at a class file before ASM does, in one pass and without objects: ASM believes each count
 * and length that it reads, so that a megabyte whose parts overlap, or are named ten thousand
 * times, would become gigabytes. Here each part ends within its whole, tables have the length of
 * their entries, and attributes that nobody needs lose their names.
 */
final class ClassScan {
  static final int MAX_METHODS = 4096;
  static final int MAX_FIELDS = 4096;
  private static final int MAX_INTERFACES = 64;
  private static final int MAX_NAME = 255;
  private static final int MAX_DESCRIPTOR = 8 * MAX_NAME;

  /** Of one bootstrap method; of all computed constants of a class together. */
  private static final int MAX_ARGUMENTS = 255;

  private static final int MAX_CONSTANT_ARGUMENTS = 16_384;
  private static final int MAX_NESTED_ANNOTATIONS = 16;

  private static final Set<String> OF_CLASS = Set.of("BootstrapMethods", "SourceFile", "Record");
  private static final Set<String> OF_FIELD = Set.of("ConstantValue");
  private static final Set<String> OF_METHOD =
      Set.of("Code", "RuntimeVisibleAnnotations", "RuntimeInvisibleAnnotations");
  private static final Set<String> OF_CODE = Set.of("LineNumberTable", "LocalVariableTable");

  private final byte[] bytes;
  private final ByteBuffer in;
  private int[] constants = new int[0];
  private int[] bootstraps = new int[0];

  /** A limit that the class file exceeds. */
  static final class LimitException extends RuntimeException {
    private static final long serialVersionUID = 1;

    LimitException(String what) {
      super(what);
    }
  }

  private ClassScan(byte[] classFile) {
    bytes = classFile.clone();
    in = ByteBuffer.wrap(bytes);
  }

  /**
   * The class file without the names of what is not needed.
   *
   * @throws LimitException if there is too much of something
   * @throws RuntimeException if it is malformed
   */
  static byte[] checked(byte[] classFile) {
    ClassScan scan = new ClassScan(classFile);
    scan.run();
    return scan.bytes;
  }

  private void run() {
    in.position(8);
    pool();
    skip(6);
    int interfaces = u16();
    limit(interfaces, MAX_INTERFACES, "interfaces");
    skip(2 * interfaces);
    members(MAX_FIELDS, "fields", OF_FIELD);
    members(MAX_METHODS, "methods", OF_METHOD);
    attributes(OF_CLASS, in.limit());
    computedConstants();
  }

  private void pool() {
    constants = new int[u16()];
    for (int i = 1; i < constants.length; i++) {
      constants[i] = in.position();
      int tag = u8();
      switch (tag) {
        case 1 -> skip(u16());
        case 5, 6 -> {
          skip(8);
          i++;
        }
        case 7, 8, 16, 19, 20 -> skip(2);
        case 15 -> skip(3);
        case 3, 4, 9, 10, 11, 12, 17, 18 -> skip(4);
        default -> throw new IllegalArgumentException("constant of tag " + tag);
      }
    }
    for (int at : constants) {
      switch (at == 0 ? 0 : bytes[at]) {
        case 7 -> text(in.getShort(at + 1) & 0xFFFF, MAX_DESCRIPTOR);
        case 12 -> {
          text(in.getShort(at + 1) & 0xFFFF, MAX_NAME);
          text(in.getShort(at + 3) & 0xFFFF, MAX_DESCRIPTOR);
        }
        case 16 -> text(in.getShort(at + 1) & 0xFFFF, MAX_DESCRIPTOR);
        default -> {}
      }
    }
  }

  /** Entry 0 is allowed here: whether a name must be there is not for this pass to say. */
  private void text(int index, int longest) {
    if (index != 0 && length(index) > longest) {
      throw new LimitException("a name or descriptor is too long");
    }
  }

  private int length(int index) {
    int at = index < constants.length ? constants[index] : 0;
    if (at == 0 || bytes[at] != 1) {
      throw new IllegalArgumentException("no text: constant " + index);
    }
    return in.getShort(at + 1) & 0xFFFF;
  }

  private void members(int most, String what, Set<String> known) {
    int count = u16();
    limit(count, most, what);
    for (int i = 0; i < count; i++) {
      skip(2);
      text(u16(), MAX_NAME);
      text(u16(), MAX_DESCRIPTOR);
      attributes(known, in.limit());
    }
  }

  private void attributes(Set<String> known, int end) {
    for (int count = u16(); count > 0; count--) {
      int at = in.position();
      int name = u16();
      int length = in.getInt();
      if (length < 0 || length > end - in.position()) {
        throw new IllegalArgumentException("an attribute ends beyond what holds it");
      }
      int next = in.position() + length;
      String text = name == 0 || length(name) > 32 ? "" : utf8(name);
      if (known.contains(text)) {
        attribute(text, next);
        if (in.position() != next) {
          throw new IllegalArgumentException("attribute " + text + " of another length");
        }
      } else {
        in.putShort(at, (short) 0);
      }
      in.position(next);
    }
    if (in.position() > end) {
      throw new IllegalArgumentException("attributes end beyond what holds them");
    }
  }

  private String utf8(int index) {
    return new String(bytes, constants[index] + 3, length(index), StandardCharsets.UTF_8);
  }

  private void attribute(String name, int end) {
    switch (name) {
      case "Code" -> {
        skip(4);
        int code = in.getInt();
        if (code < 0 || code > 0xFFFF) {
          throw new IllegalArgumentException("code of " + code + " bytes");
        }
        skip(code);
        skip(8 * u16());
        attributes(OF_CODE, end);
      }
      case "LineNumberTable" -> skip(4 * u16());
      case "LocalVariableTable" -> variables();
      case "BootstrapMethods" -> bootstraps();
      case "Record" -> {
        int components = u16();
        limit(components, MAX_ARGUMENTS, "record components");
        for (int i = 0; i < components; i++) {
          text(u16(), MAX_NAME);
          text(u16(), MAX_DESCRIPTOR);
          attributes(Set.of(), end);
        }
      }
      case "RuntimeVisibleAnnotations", "RuntimeInvisibleAnnotations" -> {
        for (int count = u16(); count > 0; count--) {
          annotation(0);
        }
      }
      default -> skip(2);
    }
  }

  private void variables() {
    for (int count = u16(); count > 0; count--) {
      skip(4);
      text(u16(), MAX_NAME);
      text(u16(), MAX_DESCRIPTOR);
      skip(2);
    }
  }

  private void bootstraps() {
    bootstraps = new int[u16()];
    for (int i = 0; i < bootstraps.length; i++) {
      skip(2);
      bootstraps[i] = u16();
      limit(bootstraps[i], MAX_ARGUMENTS, "arguments of a bootstrap method");
      skip(2 * bootstraps[i]);
    }
  }

  private void annotation(int depth) {
    if (depth > MAX_NESTED_ANNOTATIONS) {
      throw new LimitException("annotations nested too deeply");
    }
    skip(2);
    for (int count = u16(); count > 0; count--) {
      skip(2);
      element(depth);
    }
  }

  private void element(int depth) {
    switch (u8()) {
      case 'e' -> skip(4);
      case '@' -> annotation(depth + 1);
      case '[' -> {
        if (depth > MAX_NESTED_ANNOTATIONS) {
          throw new LimitException("annotations nested too deeply");
        }
        for (int count = u16(); count > 0; count--) {
          element(depth + 1);
        }
      }
      default -> skip(2);
    }
  }

  /** Each is made once, with all its arguments. */
  private void computedConstants() {
    int arguments = 0;
    for (int at : constants) {
      if (at != 0 && bytes[at] == 17) {
        int bootstrap = in.getShort(at + 1) & 0xFFFF;
        arguments += bootstrap < bootstraps.length ? bootstraps[bootstrap] : 0;
        limit(arguments, MAX_CONSTANT_ARGUMENTS, "arguments of computed constants");
      }
    }
  }

  private static void limit(int count, int most, String what) {
    if (count > most) {
      throw new LimitException("more than " + most + " " + what);
    }
  }

  private int u8() {
    return in.get() & 0xFF;
  }

  private int u16() {
    return in.getShort() & 0xFFFF;
  }

  private void skip(int count) {
    in.position(in.position() + count);
  }
}
