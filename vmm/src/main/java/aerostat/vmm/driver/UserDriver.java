package aerostat.vmm.driver;

import aerostat.vmm.image.GuestImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * A guest image with a balloon driver variant of the user's. The guest asks its class {@code
 * UserVariant} for it; the one that is made here answers with the record that the sources hold.
 * Nothing is verified yet.
 */
public final class UserDriver {
  private UserDriver() {}

  private static final String VARIANT = "aerostat/guest/balloon/BalloonVariant";
  private static final String PLACE = "aerostat/guest/balloon/variant/UserVariant";

  /**
   * The image with the variant that these sources make.
   *
   * @param sources one or more files; of several variants that of the first file is taken
   * @throws DriverRefusedException if they do not compile, or hold no variant, or the image has no
   *     place for one
   * @throws IOException if a source cannot be read, or there is no compiler
   */
  public static GuestImage addTo(GuestImage image, List<Path> sources)
      throws DriverRefusedException, IOException {
    if (!image.classes().containsKey(PLACE) || !image.classes().containsKey(VARIANT)) {
      throw new DriverRefusedException("the image has no place for a variant of the driver");
    }
    SortedMap<String, byte[]> made = DriverCompiler.compile(sources, image.classes());
    SortedMap<String, byte[]> all = new TreeMap<>(image.classes());
    for (Map.Entry<String, byte[]> e : made.entrySet()) {
      if (all.put(e.getKey(), e.getValue()) != null) {
        throw new DriverRefusedException(
            "the guest has a class " + e.getKey().replace('/', '.') + " already; rename it");
      }
    }
    all.put(PLACE, place(choose(variants(made, all), sources)));
    return GuestImage.fromClasses(all, image.entryClass());
  }

  /** Names of the records that implement the interface, directly or by another one. */
  private static List<String> variants(
      SortedMap<String, byte[]> made, SortedMap<String, byte[]> all) {
    List<String> found = new ArrayList<>();
    for (Map.Entry<String, byte[]> e : made.entrySet()) {
      ClassReader reader = new ClassReader(e.getValue());
      if ("java/lang/Record".equals(reader.getSuperName()) && isVariant(reader, all)) {
        found.add(e.getKey());
      }
    }
    return found;
  }

  private static boolean isVariant(ClassReader reader, SortedMap<String, byte[]> all) {
    for (String name : reader.getInterfaces()) {
      byte[] parent = all.get(name);
      if (name.equals(VARIANT) || (parent != null && isVariant(new ClassReader(parent), all))) {
        return true;
      }
    }
    return false;
  }

  private static String choose(List<String> variants, List<Path> sources)
      throws DriverRefusedException {
    if (variants.size() == 1) {
      return variants.getFirst();
    }
    String first = String.valueOf(sources.getFirst().getFileName()).replaceFirst("\\.java$", "");
    for (String name : variants) {
      if (name.substring(name.lastIndexOf('/') + 1).equals(first)) {
        return name;
      }
    }
    throw new DriverRefusedException(
        variants.isEmpty()
            ? "no record implements " + VARIANT.replace('/', '.') + " or HintVariant"
            : "which variant: " + variants + "? Name the first file as the record");
  }

  /** The class with which the guest finds the variant. */
  private static byte[] place(String variant) {
    ClassWriter c = new ClassWriter(ClassWriter.COMPUTE_MAXS);
    c.visit(
        Opcodes.V17, Opcodes.ACC_FINAL | Opcodes.ACC_SUPER, PLACE, null, "java/lang/Object", null);
    MethodVisitor m =
        c.visitMethod(Opcodes.ACC_STATIC, "variant", "()L" + VARIANT + ";", null, null);
    m.visitCode();
    m.visitTypeInsn(Opcodes.NEW, variant);
    m.visitInsn(Opcodes.DUP);
    m.visitMethodInsn(Opcodes.INVOKESPECIAL, variant, "<init>", "()V", false);
    m.visitInsn(Opcodes.ARETURN);
    m.visitMaxs(0, 0);
    m.visitEnd();
    c.visitEnd();
    return c.toByteArray();
  }
}
