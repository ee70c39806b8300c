package aerostat.tools.bench.guest;

import aerostat.vmm.image.GuestImage;
import aerostat.vmm.image.Images;
import aerostat.vmm.image.RewrittenImage;
import aerostat.vmm.image.rewrite.Rewriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** The guest kernel with the benchmark's functions, as an image and in its rewritten forms. */
public final class BenchImage {
  /** Of the functions. */
  public static final String PACKAGE = "aerostat.tools.bench.kernels.";

  private static final String[] CLASSES = {
    "Copy",
    "Frames",
    "Loops",
    "Node",
    "Pages",
    "Records",
    "Rings",
    "Rings$RingDriver",
    "Spin",
    "Walks"
  };
  private static final String INTRINSICS = "aerostat.vmm.cpu.Intrinsics";

  /** Its methods that mark the dirty log. */
  private static final Set<String> MARKS = Set.of("mark", "markPages");

  private BenchImage() {}

  /** An image with this entry class. */
  public static GuestImage withEntry(String entryClass) {
    try {
      Map<String, byte[]> classes = new TreeMap<>(GuestImage.defaultImage().classes());
      for (String name : CLASSES) {
        classes.put((PACKAGE + name).replace('.', '/'), bytes(PACKAGE + name));
      }
      return GuestImage.fromClasses(classes, entryClass);
    } catch (IOException e) {
      throw new UncheckedIOException("the guest's classes cannot be read", e);
    }
  }

  /** The image in this form. */
  static RewrittenImage rewrite(GuestImage image, Form form) {
    RewrittenImage full =
        form.polls()
            ? Images.rewrite(image)
            : Rewriter.rewrite(image, new Rewriter.Options(false, INTRINSICS.replace('.', '/')));
    if (form.marks()) {
      return full;
    }
    // The VM's loader takes this copy instead of the template on the class path.
    Map<String, byte[]> shared = new HashMap<>(full.shared());
    shared.put(INTRINSICS, withoutMarks());
    return new RewrittenImage(
        full.image(),
        full.classes(),
        shared,
        full.resumeTable(),
        full.startMethod(),
        full.interruptMethod(),
        full.threadMethod(),
        full.hostStackBytes(),
        full.reports());
  }

  /** The intrinsics, the same to the last bounds check, whose methods that mark do nothing. */
  private static byte[] withoutMarks() {
    ClassReader reader;
    try {
      reader = new ClassReader(bytes(INTRINSICS));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ClassWriter writer = new ClassWriter(reader, 0);
    int[] emptied = new int[1];
    reader.accept(
        new ClassVisitor(Opcodes.ASM9, writer) {
          @Override
          public MethodVisitor visitMethod(
              int access, String name, String descriptor, String signature, String[] exceptions) {
            MethodVisitor out = super.visitMethod(access, name, descriptor, signature, exceptions);
            if (!MARKS.contains(name)) {
              return out;
            }
            emptied[0]++;
            out.visitCode();
            out.visitInsn(Opcodes.RETURN);
            out.visitMaxs(0, Type.getArgumentsAndReturnSizes(descriptor) >> 2);
            out.visitEnd();
            return new MethodVisitor(Opcodes.ASM9) {};
          }
        },
        0);
    if (emptied[0] != MARKS.size()) {
      throw new IllegalStateException("the intrinsics mark in another way than is known here");
    }
    return writer.toByteArray();
  }

  private static byte[] bytes(String name) throws IOException {
    String path = name.replace('.', '/') + ".class";
    try (InputStream in = BenchImage.class.getClassLoader().getResourceAsStream(path)) {
      if (in == null) {
        throw new IOException(path + " is not on the class path");
      }
      return in.readAllBytes();
    }
  }
}
