package aerostat.vmm.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import aerostat.vmm.image.rewrite.Rewriter;
import java.util.Map;
import java.util.function.Consumer;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** Makes class files that no javac makes, and says how they are refused. */
final class MalformedClass {
  private MalformedClass() {}

  static final Map<String, byte[]> COMMON = JavaSource.compile(RefusalCase.COMMON);

  static Refusal refusal(String name, byte[] classFile) {
    Map<String, byte[]> classes = TestImages.machine();
    classes.putAll(COMMON);
    classes.put(name, classFile);
    GuestImage image = GuestImage.fromClasses(classes, "t.Entry");
    ImageRefusedException e =
        catchThrowableOfType(
            ImageRefusedException.class, () -> Rewriter.rewrite(image, Rewriter.Options.VM));
    assertThat(e).isNotNull();
    assertThat(e.refusals().get(0).className()).isEqualTo(name.replace('/', '.'));
    return e.refusals().get(0);
  }

  static ClassWriter begin(int flags) {
    ClassWriter out = new ClassWriter(flags);
    out.visit(Opcodes.V17, Opcodes.ACC_PUBLIC, "t/M", null, "java/lang/Object", null);
    return out;
  }

  static byte[] method(String descriptor, Consumer<MethodVisitor> code) {
    ClassWriter out = begin(0);
    MethodVisitor m =
        out.visitMethod(Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC, "f", descriptor, null, null);
    m.visitCode();
    Label start = new Label();
    m.visitLabel(start);
    m.visitLineNumber(77, start);
    code.accept(m);
    m.visitMaxs(8, 8);
    m.visitEnd();
    out.visitEnd();
    return out.toByteArray();
  }
}
