package aerostat.tools.fuzz.coverage;

import aerostat.vmm.image.Flavour;
import aerostat.vmm.image.RewrittenImage;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.MethodNode;

/**
 * A flavour of rewritten guest code that counts the edges it passes: each method's beginning, each
 * target of a jump and each way on past a condition adds one to a byte. Both the hot and the
 * resumable copies count, so a stop changes what is counted but not what the guest does. Made from
 * the classes of another flavour after the rewriter is done with them, so method and resume numbers
 * are the same.
 */
public final class EdgeCoverage {
  private static final String EDGES = "aerostat/vmm/cpu/gen/Edges";
  private static final String RESUME = "aerostat.vmm.cpu.gen.Resume";
  private static final String FIELD = "HITS";

  private final Flavour flavour;
  private byte[] counters = new byte[0];

  /**
   * @param flavour whose code shall count
   */
  public EdgeCoverage(Flavour flavour) {
    this.flavour = flavour;
  }

  /** The image with counting code in the place of the flavour's. Once. */
  public RewrittenImage apply(RewrittenImage image) {
    EdgeProbes probes = new EdgeProbes(EDGES, FIELD);
    Map<String, byte[]> counting = new HashMap<>();
    Map<String, byte[]> plain = image.classes().getOrDefault(flavour, Map.of());
    for (Map.Entry<String, byte[]> e : new TreeMap<>(plain).entrySet()) {
      counting.put(
          e.getKey(), e.getKey().equals(RESUME) ? e.getValue() : instrument(e.getValue(), probes));
    }
    counters = new byte[probes.count()];
    Map<Flavour, Map<String, byte[]>> classes = new EnumMap<>(Flavour.class);
    classes.putAll(image.classes());
    classes.put(flavour, counting);
    Map<String, byte[]> shared = new HashMap<>(image.shared());
    shared.put(EDGES.replace('/', '.'), holder(EdgeMaps.register(counters)));
    return new RewrittenImage(
        image.image(),
        classes,
        shared,
        image.resumeTable(),
        image.startMethod(),
        image.interruptMethod(),
        image.threadMethod(),
        image.hostStackBytes(),
        image.reports());
  }

  /** The counters, one byte an edge. */
  public byte[] counters() {
    return counters;
  }

  private static byte[] instrument(byte[] bytes, EdgeProbes probes) {
    ClassNode node = new ClassNode();
    new ClassReader(bytes).accept(node, ClassReader.EXPAND_FRAMES);
    for (MethodNode method : node.methods) {
      probes.insert(method);
    }
    ClassWriter out = new ClassWriter(ClassWriter.COMPUTE_MAXS);
    node.accept(out);
    return out.toByteArray();
  }

  /** The class whose static field guest code counts in. */
  private static byte[] holder(int key) {
    ClassWriter out = new ClassWriter(ClassWriter.COMPUTE_MAXS);
    out.visit(
        Opcodes.V17,
        Opcodes.ACC_PUBLIC | Opcodes.ACC_FINAL | Opcodes.ACC_SUPER,
        EDGES,
        null,
        "java/lang/Object",
        null);
    int flags = Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC | Opcodes.ACC_FINAL;
    out.visitField(flags, FIELD, "[B", null, null).visitEnd();
    MethodVisitor init = out.visitMethod(Opcodes.ACC_STATIC, "<clinit>", "()V", null, null);
    init.visitCode();
    init.visitLdcInsn(key);
    init.visitMethodInsn(
        Opcodes.INVOKESTATIC, Type.getInternalName(EdgeMaps.class), "take", "(I)[B", false);
    init.visitFieldInsn(Opcodes.PUTSTATIC, EDGES, FIELD, "[B");
    init.visitInsn(Opcodes.RETURN);
    init.visitMaxs(0, 0);
    init.visitEnd();
    out.visitEnd();
    return out.toByteArray();
  }
}
