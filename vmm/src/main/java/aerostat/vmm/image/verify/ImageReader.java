package aerostat.vmm.image.verify;

import aerostat.vmm.image.GuestImage;
import aerostat.vmm.image.Rule;
import aerostat.vmm.image.verify.GuestClass.Kind;
import aerostat.vmm.image.verify.GuestMethod.Role;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldNode;
import org.objectweb.asm.tree.MethodNode;

/** From class files to a model: what each class is. Code is not looked at yet. */
final class ImageReader {
  static final String MACHINE = "aerostat/guest/machine/";

  /**
   * Values in the frames of all instructions, which the passes keep: without this bound an image of
   * a few megabytes, from a stream, would take gigabytes. The guest kernel has about a million.
   */
  private static final long MAX_WORK = 30_000_000;

  /** Methods and fields of the image. The guest kernel has some thousands. */
  private static final long MAX_MEMBERS = 65_536;

  /** Methods of interfaces, once for each class that has the interface. The guest has hundreds. */
  private static final long MAX_INHERITED = 500_000;

  private final Refusals refusals;
  private final MethodReader methods;
  private long inherited;

  ImageReader(Refusals refusals) {
    this.refusals = refusals;
    methods = new MethodReader(refusals);
  }

  ImageModel read(GuestImage image) {
    SortedMap<String, GuestClass> classes = new TreeMap<>();
    long work = 0;
    long members = 0;
    for (Map.Entry<String, byte[]> e : image.classes().entrySet()) {
      ClassNode node = ClassFiles.read(e.getKey(), e.getValue(), refusals);
      if (node != null) {
        work += workOf(node);
        members += node.methods.size() + node.fields.size();
        if (members > MAX_MEMBERS) {
          refusals.add(
              Rule.LIMITS,
              node.name,
              "",
              0,
              "methods and fields, summed over the image, exceed " + MAX_MEMBERS,
              "leave out what is not used");
          refusals.throwIfAny();
        }
        if (work > MAX_WORK) {
          refusals.add(
              Rule.LIMITS,
              node.name,
              "",
              0,
              "instructions times locals and stack, summed over the image, exceed " + MAX_WORK,
              "declare fewer locals, or leave out what is not used");
          refusals.throwIfAny();
        }
        GuestClass c = new GuestClass(node, kind(node));
        classes.put(c.name(), c);
        if (c.kind() != Kind.REFUSED && c.kind() != Kind.ANNOTATION) {
          fields(c);
          for (MethodNode m : node.methods) {
            c.add(methods.read(c, m));
          }
        }
      }
    }
    ImageModel model = new ImageModel(image, classes);
    for (GuestClass c : classes.values()) {
      interfaces(model, c);
    }
    entry(model);
    return model;
  }

  private static long workOf(ClassNode node) {
    long work = 0;
    for (MethodNode m : node.methods) {
      work += (long) m.instructions.size() * (m.maxLocals + m.maxStack + 8);
    }
    return work;
  }

  private Kind kind(ClassNode node) {
    if ((node.access & Opcodes.ACC_ANNOTATION) != 0) {
      return Kind.ANNOTATION;
    }
    if ((node.access & Opcodes.ACC_MODULE) != 0) {
      return refused(node, "a module", "leave it out of the image");
    }
    if ((node.access & Opcodes.ACC_INTERFACE) != 0) {
      return Kind.OPS_INTERFACE;
    }
    String parent = String.valueOf(node.superName);
    if (parent.equals("java/lang/Enum") || (node.access & Opcodes.ACC_ENUM) != 0) {
      return refused(node, "an enum", "use int constants");
    }
    if (parent.equals("java/lang/Record")) {
      int components = node.recordComponents == null ? 0 : node.recordComponents.size();
      if (components == 0) {
        return Kind.OPS_RECORD;
      }
      boolean pointer =
          components == 1
              && node.recordComponents.get(0).name.equals("address")
              && node.recordComponents.get(0).descriptor.equals("J");
      if (!pointer) {
        refusals.add(
            Rule.POINTER,
            node.name,
            "",
            0,
            "a record with other components than one long named address",
            "keep the data in guest memory and make the record a pointer to it");
        return Kind.REFUSED;
      }
      if (!node.interfaces.isEmpty()) {
        refusals.add(
            Rule.POINTER,
            node.name,
            "",
            0,
            "a pointer that implements an interface",
            "use an ops record without components");
        return Kind.REFUSED;
      }
      return Kind.POINTER;
    }
    if (!parent.equals("java/lang/Object")) {
      return refused(
          node, "a class that extends " + parent, "use static methods, pointers and ops");
    }
    if (!node.interfaces.isEmpty()) {
      return refused(
          node,
          "a class that implements an interface",
          "make it a record without components, or a lambda that captures nothing");
    }
    return Kind.UTILITY;
  }

  private Kind refused(ClassNode node, String what, String instead) {
    refusals.add(Rule.CLASS_KIND, node.name, "", 0, what, instead);
    return Kind.REFUSED;
  }

  private void interfaces(ImageModel model, GuestClass c) {
    if (c.kind() != Kind.OPS_INTERFACE && c.kind() != Kind.OPS_RECORD) {
      return;
    }
    for (String name : c.node().interfaces) {
      GuestClass parent = model.find(name);
      if (parent == null || parent.kind() != Kind.OPS_INTERFACE) {
        refusals.add(
            Rule.TYPES,
            c.name(),
            "",
            0,
            "implements " + name + ", which is no ops interface of the image",
            "declare the interface in the image");
      }
    }
    Set<GuestClass> all = model.inheritance().interfacesOf(c);
    if (all.size() > Inheritance.MAX_INTERFACES) {
      refusals.add(
          Rule.LIMITS,
          c.name(),
          "",
          0,
          "extends or implements more than " + Inheritance.MAX_INTERFACES + " interfaces",
          "");
    }
    for (GuestClass i : all) {
      inherited += i.methods().size();
    }
    if (inherited > MAX_INHERITED) {
      refusals.add(
          Rule.LIMITS,
          c.name(),
          "",
          0,
          "methods of ops interfaces, summed over all that inherit them, exceed " + MAX_INHERITED,
          "fewer or smaller interfaces");
      refusals.throwIfAny();
    }
  }

  private void fields(GuestClass c) {
    for (FieldNode f : c.node().fields) {
      boolean isStatic = (f.access & Opcodes.ACC_STATIC) != 0;
      if (c.kind() == Kind.POINTER && !isStatic) {
        if (!f.name.equals("address") || !f.desc.equals("J")) {
          field(c, f, "instance field", "keep data in guest memory");
        }
      } else if (f.name.equals("$assertionsDisabled")) {
        refusals.add(
            Rule.NO_INITIALIZER, c.name(), "", 0, "assert", "use a check that calls Cpu.panic");
      } else if (!isStatic) {
        field(c, f, "instance field", "keep data in guest memory");
      } else if ((f.access & Opcodes.ACC_FINAL) == 0) {
        field(c, f, "mutable static field", "keep data in guest memory");
      } else if (f.value == null) {
        field(
            c,
            f,
            "static final field that is no compile-time constant",
            "use a constant expression, or a static method");
      }
    }
  }

  private void field(GuestClass c, FieldNode f, String what, String instead) {
    refusals.add(Rule.NO_FIELDS, c.name(), "", 0, what + " " + f.name, instead);
  }

  private void entry(ImageModel model) {
    String name = model.image().entryClass();
    GuestClass entry = model.find(name.replace('.', '/'));
    for (String[] m : ENTRY_METHODS) {
      GuestMethod found = entry == null ? null : entry.declared(m[0], m[1]);
      boolean good =
          found != null
              && found.role() == Role.CODE
              && found.isStatic()
              && (found.node().access & Opcodes.ACC_PUBLIC) != 0;
      if (!good) {
        refusals.add(
            Rule.ENTRY,
            name,
            m[0],
            0,
            "no public static " + Type.getReturnType(m[1]).getClassName() + " " + m[0] + m[1],
            "name the entry class with the jar manifest's " + GuestImage.ENTRY_ATTRIBUTE);
      }
    }
  }

  /** Names and descriptors of what the entry class must have. */
  static final String[][] ENTRY_METHODS = {
    {"start", "(J)V"}, {"interrupt", "(I)V"}, {"thread", "(J)V"},
  };
}
