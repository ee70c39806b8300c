package aerostat.vmm.image.verify;

import java.util.HashSet;
import java.util.Set;

/**
 * The JDK methods that guest code may call: static, pure, without objects, intrinsic in the JIT.
 */
public final class PureMethods {
  private static final Set<String> ALLOWED = new HashSet<>();

  static {
    for (String type : new String[] {"I", "J", "F", "D"}) {
      allow("Math", "min", binary(type));
      allow("Math", "max", binary(type));
      allow("Math", "abs", "(" + type + ")" + type);
    }
    for (String name : new String[] {"floorDiv", "floorMod"}) {
      allow("Math", name, "(II)I");
      allow("Math", name, "(JJ)J");
      allow("Math", name, name.equals("floorMod") ? "(JI)I" : "(JI)J");
    }
    allow("Math", "multiplyHigh", "(JJ)J");
    allow("Math", "unsignedMultiplyHigh", "(JJ)J");
    whole("Integer", "I");
    whole("Long", "J");
    allow("Integer", "toUnsignedLong", "(I)J");
    allow("Short", "reverseBytes", "(S)S");
    allow("Character", "reverseBytes", "(C)C");
    allow("Byte", "toUnsignedInt", "(B)I");
    allow("Byte", "toUnsignedLong", "(B)J");
    allow("Short", "toUnsignedInt", "(S)I");
    allow("Short", "toUnsignedLong", "(S)J");
    allow("Float", "floatToRawIntBits", "(F)I");
    allow("Float", "floatToIntBits", "(F)I");
    allow("Float", "intBitsToFloat", "(I)F");
    allow("Double", "doubleToRawLongBits", "(D)J");
    allow("Double", "doubleToLongBits", "(D)J");
    allow("Double", "longBitsToDouble", "(J)D");
  }

  private PureMethods() {}

  private static void whole(String owner, String t) {
    for (String n : new String[] {"divideUnsigned", "remainderUnsigned", "min", "max", "sum"}) {
      allow(owner, n, binary(t));
    }
    for (String n : new String[] {"highestOneBit", "lowestOneBit", "reverse", "reverseBytes"}) {
      allow(owner, n, "(" + t + ")" + t);
    }
    for (String n :
        new String[] {"bitCount", "numberOfLeadingZeros", "numberOfTrailingZeros", "signum"}) {
      allow(owner, n, "(" + t + ")I");
    }
    for (String n : new String[] {"compare", "compareUnsigned"}) {
      allow(owner, n, "(" + t + t + ")I");
    }
    for (String n : new String[] {"rotateLeft", "rotateRight"}) {
      allow(owner, n, "(" + t + "I)" + t);
    }
  }

  private static String binary(String type) {
    return "(" + type + type + ")" + type;
  }

  private static void allow(String owner, String name, String descriptor) {
    ALLOWED.add("java/lang/" + owner + "." + name + descriptor);
  }

  /** Whether guest code may call this static method. */
  public static boolean contains(String owner, String name, String descriptor) {
    return owner.startsWith("java/lang/") && ALLOWED.contains(owner + "." + name + descriptor);
  }

  /**
   * The method that is called instead: the raw bit conversions give canonical NaNs, for which bits
   * a NaN has depends on how far the JIT has come.
   */
  public static String replacement(String name) {
    return switch (name) {
      case "floatToRawIntBits" -> "floatToIntBits";
      case "doubleToRawLongBits" -> "doubleToLongBits";
      default -> name;
    };
  }
}
