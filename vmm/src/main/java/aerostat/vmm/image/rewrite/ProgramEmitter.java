package aerostat.vmm.image.rewrite;

import aerostat.vmm.image.Flavour;
import aerostat.vmm.image.Rule;
import aerostat.vmm.image.erase.ErasedMethod;
import aerostat.vmm.image.erase.ErasedProgram;
import aerostat.vmm.image.erase.Owners;
import aerostat.vmm.image.verify.Refusals;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.objectweb.asm.ClassTooLargeException;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodTooLargeException;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.MethodInsnNode;

/** Emits the classes of a program in one flavour after the other. */
final class ProgramEmitter {
  /** Bytes above which the JVM never compiles a method. */
  static final int MAX_SIZE = 8000;

  /** Bytes above which the JIT does not inline even a hot method. */
  private static final int INLINED_SIZE = 325;

  private final ErasedProgram program;
  private final List<MethodPlan> plans;
  private final Map<Integer, ResumableMethod> resumable;
  private final Rewriter.Options options;
  private final Refusals refusals;
  private final SpillHelpers spills = new SpillHelpers();
  private final List<String> reports = new ArrayList<>();

  ProgramEmitter(
      ErasedProgram program,
      List<MethodPlan> plans,
      Map<Integer, ResumableMethod> resumable,
      Rewriter.Options options,
      Refusals refusals) {
    this.program = program;
    this.plans = plans;
    this.resumable = resumable;
    this.options = options;
    this.refusals = refusals;
  }

  /** Class bytes by name, with dots. */
  Map<String, byte[]> emit(Flavour flavour) {
    String owner = flavour == Flavour.SANITIZING ? Owners.SANITIZING : options.plainOwner();
    SortedMap<String, List<ErasedMethod>> byClass = new TreeMap<>();
    for (ErasedMethod m : program.methods()) {
      byClass.computeIfAbsent(m.owner().name(), k -> new ArrayList<>()).add(m);
    }
    Map<String, byte[]> classes = new LinkedHashMap<>();
    for (Map.Entry<String, List<ErasedMethod>> e : byClass.entrySet()) {
      byte[] bytes = emit(e.getKey(), e.getValue(), owner, flavour == Flavour.PLAIN);
      if (bytes.length > 0) {
        classes.put(e.getKey().replace('/', '.'), bytes);
      }
    }
    if (!spills.fits()) {
      refusals.add(
          Rule.LIMITS,
          "",
          "",
          0,
          "too many different frames",
          "keep fewer variables of different types alive over calls");
    }
    List<ErasedMethod> entries =
        program.methods().stream().filter(m -> resumable.containsKey(m.id() - 1)).toList();
    classes.put(Owners.RESUME.replace('/', '.'), ResumeClass.emit(entries));
    return classes;
  }

  private byte[] emit(String name, List<ErasedMethod> methods, String owner, boolean report) {
    ClassWriter out = new ClassWriter(ClassWriter.COMPUTE_FRAMES);
    out.visit(
        Opcodes.V17,
        Opcodes.ACC_PUBLIC | Opcodes.ACC_FINAL | Opcodes.ACC_SUPER,
        name,
        null,
        "java/lang/Object",
        null);
    String file = methods.get(0).sourceFile();
    out.visitSource(file.isEmpty() ? null : file, null);
    Map<ErasedMethod, Label> hot = new LinkedHashMap<>();
    Map<ErasedMethod, Label> resume = new LinkedHashMap<>();
    for (ErasedMethod m : methods) {
      ResumableMethod r = resumable.get(m.id() - 1);
      boolean cyclic = plans.get(m.id() - 1).cyclic;
      CopyEmitter emitter =
          new CopyEmitter(
              m, r, cyclic && r != null ? r.maxBytes() : 0, c -> ownerOf(c, owner), spills);
      hot.put(m, emitter.emitHot(out));
      if (r != null) {
        resume.put(m, emitter.emitResume(out));
      }
    }
    out.visitEnd();
    try {
      byte[] bytes = out.toByteArray();
      if (report) {
        sizes(hot, resume);
      }
      return bytes;
    } catch (MethodTooLargeException e) {
      refuse(name, e.getMethodName(), 0, e.getCodeSize());
    } catch (ClassTooLargeException e) {
      refusals.add(Rule.LIMITS, name, "", 0, "the rewritten class is too large", "split it");
    }
    return new byte[0];
  }

  private static String ownerOf(MethodInsnNode call, String intrinsics) {
    if (LateMarks.isUnmarkedStore(call)) {
      return intrinsics.equals(Owners.SANITIZING) ? intrinsics : call.owner;
    }
    return MethodPlan.intrinsic(call) != null ? intrinsics : call.owner;
  }

  private void sizes(Map<ErasedMethod, Label> hot, Map<ErasedMethod, Label> resume) {
    hot.forEach(
        (m, end) -> {
          int size = end.getOffset();
          if (size > MAX_SIZE) {
            refuse(m.owner().name(), m.sourceName(), m.line(), size);
          } else if (size > INLINED_SIZE) {
            reports.add(m.describe() + " line " + m.line() + ": " + size + " bytes, not inlined");
          }
        });
    resume.forEach(
        (m, end) -> {
          if (end.getOffset() > MAX_SIZE) {
            reports.add(
                m.describe()
                    + " line "
                    + m.line()
                    + ": slow after a stop until it returns ("
                    + end.getOffset()
                    + " bytes)");
          }
        });
  }

  private void refuse(String className, String method, int line, int size) {
    refusals.add(
        Rule.METHOD_SIZE,
        className,
        method,
        line,
        size + " bytes when rewritten, at most " + MAX_SIZE,
        "split the method");
  }

  /** The class of spill helpers; after all flavours have been emitted. */
  Map<String, byte[]> shared() {
    return Map.of(Owners.SPILL.replace('/', '.'), spills.emit());
  }

  List<String> reports() {
    return reports;
  }
}
