package aerostat.vmm.image;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.Set;

/**
 * Collects the string constants of a class file from its constant pool alone: quick, and the same
 * whatever the code does with them. A malformed file yields what was found before the fault; the
 * verifier refuses it later.
 */
final class ConstantStrings {
  private static final int UTF8 = 1;
  private static final int STRING = 8;

  private ConstantStrings() {}

  static void collect(byte[] classFile, Set<String> into) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(classFile))) {
      in.skipNBytes(8);
      int count = in.readUnsignedShort();
      String[] texts = new String[count];
      boolean[] strings = new boolean[1 << 16]; // each text is looked at once, however often named
      try {
        for (int i = 1; i < count; i++) {
          int tag = in.readUnsignedByte();
          switch (tag) {
            case UTF8 -> texts[i] = in.readUTF();
            case STRING -> strings[in.readUnsignedShort()] = true;
            case 5, 6 -> {
              in.skipNBytes(8);
              i++;
            }
            case 7, 16, 19, 20 -> in.skipNBytes(2);
            case 15 -> in.skipNBytes(3);
            case 3, 4, 9, 10, 11, 12, 17, 18 -> in.skipNBytes(4);
            default -> throw new IOException("tag " + tag);
          }
        }
      } finally {
        for (int i = 0; i < count; i++) {
          String text = strings[i] ? texts[i] : null;
          if (text != null && isLatin1(text)) {
            into.add(text);
          }
        }
      }
    } catch (IOException e) {
      // A malformed constant pool: its class is refused by the verifier, with a reason.
      return;
    }
  }

  /** Whether every character fits a byte. */
  static boolean isLatin1(String text) {
    return text.chars().allMatch(c -> c <= 0xFF);
  }
}
