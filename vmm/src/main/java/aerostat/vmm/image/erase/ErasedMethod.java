package aerostat.vmm.image.erase;

import aerostat.vmm.image.verify.GuestClass;
import java.util.HashMap;
import java.util.Map;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.LineNumberNode;
import org.objectweb.asm.tree.MethodNode;

/**
 * One method after erasure: static, of primitive types only. The later passes put polls into its
 * code and number its resume sites.
 */
public final class ErasedMethod {
  /** Characters of a file name; the class file's encoding has limits of its own. */
  private static final int MAX_SOURCE_NAME = 255;

  private final GuestClass owner;
  private final String sourceName;
  private final int bound;
  private final int id;
  private final boolean dispatcher;
  private final MethodNode code;
  private final Map<Integer, String> names = new HashMap<>();
  private final Map<String, Integer> temporaries = new HashMap<>();

  ErasedMethod(
      GuestClass owner,
      String sourceName,
      String name,
      String desc,
      int bound,
      int id,
      boolean dispatcher) {
    this.dispatcher = dispatcher;
    this.owner = owner;
    this.sourceName = sourceName;
    this.bound = bound;
    this.id = id;
    code =
        new MethodNode(
            Opcodes.ASM9, Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC, name, desc, null, null);
  }

  /** The class that it is emitted into. */
  public GuestClass owner() {
    return owner;
  }

  /** Name in the source. */
  public String sourceName() {
    return sourceName;
  }

  /** Name under which it is emitted; unique in its class. */
  public String name() {
    return code.name;
  }

  /** Erased descriptor. */
  public String descriptor() {
    return code.desc;
  }

  /** Result type after erasure. */
  public Type result() {
    return Type.getReturnType(code.desc);
  }

  /** Name of the copy that goes on in a stopped frame. */
  public String resumeName() {
    return code.name + "$r";
  }

  /** Descriptor of that copy: it takes the site number. */
  public String resumeDescriptor() {
    return "(I)" + result();
  }

  /** Trips allowed by {@code @Bounded}, -1 without. */
  public int bound() {
    return bound;
  }

  /** Source file of its class; empty if that has none, or none of a sensible name. */
  public String sourceFile() {
    String file = owner.node().sourceFile;
    return file == null || file.length() > MAX_SOURCE_NAME ? "" : file;
  }

  /** Number in frames and backtraces. */
  public int id() {
    return id;
  }

  /** Whether it is the generated switch behind an ops method. */
  public boolean isDispatcher() {
    return dispatcher;
  }

  /** Its code; instructions and maxLocals are right, maxStack is computed at emission. */
  public MethodNode code() {
    return code;
  }

  /** A fresh local variable of this type letter. */
  public int newLocal(char type, String name) {
    int local = code.maxLocals;
    code.maxLocals += type == 'J' || type == 'D' ? 2 : 1;
    names.put(local, name);
    return local;
  }

  /**
   * A local of this type letter for what a few instructions put aside, between which the method
   * cannot stop: the same for each type and position.
   */
  int temporary(char type, int position) {
    return temporaries.computeIfAbsent(type + "" + position, k -> newLocal(type, "temporary"));
  }

  /** The source's name of a local variable, as far as known. */
  public String localName(int local) {
    return names.getOrDefault(local, "local" + local);
  }

  void nameLocal(int local, String name) {
    names.put(local, name);
  }

  /** Line of its first instruction, 0 if unknown. */
  public int line() {
    for (AbstractInsnNode n : code.instructions) {
      if (n instanceof LineNumberNode line) {
        return line.line;
      }
    }
    return 0;
  }

  /** Class and name for messages. */
  public String describe() {
    return owner.dottedName() + "." + sourceName;
  }

  /** Key by which calls find it. */
  public String key() {
    return owner.name() + "." + code.name + code.desc;
  }
}
