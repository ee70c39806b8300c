package aerostat.vmm.image.verify;

import org.objectweb.asm.Type;

/** Erasure of descriptors. */
public final class Descriptors {
  private Descriptors() {}

  /** The method descriptor with every reference type replaced by long. */
  public static String erase(String descriptor, boolean receiver) {
    StringBuilder out = new StringBuilder("(");
    if (receiver) {
      out.append('J');
    }
    for (Type t : Type.getArgumentTypes(descriptor)) {
      out.append(erase(t));
    }
    return out.append(')').append(erase(Type.getReturnType(descriptor))).toString();
  }

  /** One letter: the type after erasure. */
  public static char erase(Type type) {
    return type.getSort() >= Type.ARRAY ? 'J' : type.getDescriptor().charAt(0);
  }

  /** The letter that the JVM computes with: I for the short integers, else as {@link #erase}. */
  public static char computational(Type type) {
    char c = erase(type);
    return "ZBCS".indexOf(c) >= 0 ? 'I' : c;
  }
}
