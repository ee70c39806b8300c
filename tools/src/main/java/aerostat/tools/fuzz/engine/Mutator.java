package aerostat.tools.fuzz.engine;

import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/** Makes new inputs of old ones. */
final class Mutator {
  /** Longest input made, bytes. */
  static final int MOST = 1024;

  private final RandomGenerator random;
  private final List<byte[]> dictionary;

  Mutator(RandomGenerator random, List<byte[]> dictionary) {
    this.random = random;
    this.dictionary = dictionary;
  }

  byte[] mutate(byte[] parent, List<byte[]> corpus) {
    byte[] child = parent;
    int times = 1 << random.nextInt(4);
    for (int i = 0; i < times; i++) {
      child = once(child, corpus);
    }
    return child.length > MOST ? Arrays.copyOf(child, MOST) : child;
  }

  private byte[] once(byte[] in, List<byte[]> corpus) {
    if (in.length == 0) {
      return bytes(1 + random.nextInt(16));
    }
    int at = random.nextInt(in.length);
    if (!dictionary.isEmpty() && random.nextInt(3) == 0) {
      return splice(in, at, at, dictionary.get(random.nextInt(dictionary.size())));
    }
    return switch (random.nextInt(8)) {
      case 0 -> with(in, at, in[at] ^ 1 << random.nextInt(8));
      case 1 -> with(in, at, random.nextInt(256));
      case 2 -> with(in, at, in[at] + random.nextInt(-8, 9));
      case 3 -> splice(in, at, at, bytes(1 + random.nextInt(8)));
      case 4 -> splice(in, at, Math.min(in.length, at + 1 + random.nextInt(8)), new byte[0]);
      case 5 -> splice(in, at, at, part(in));
      case 6 -> splice(in, at, at, part(corpus.get(random.nextInt(corpus.size()))));
      default -> {
        byte[] other = corpus.get(random.nextInt(corpus.size()));
        yield splice(in, at, in.length, other);
      }
    };
  }

  private byte[] bytes(int count) {
    byte[] made = new byte[count];
    random.nextBytes(made);
    return made;
  }

  private static byte[] with(byte[] in, int at, int value) {
    byte[] out = in.clone();
    out[at] = (byte) value;
    return out;
  }

  private byte[] part(byte[] in) {
    if (in.length == 0) {
      return in;
    }
    int from = random.nextInt(in.length);
    return Arrays.copyOfRange(in, from, Math.min(in.length, from + 1 + random.nextInt(32)));
  }

  /** Puts bytes in the place of [from, to). */
  private static byte[] splice(byte[] in, int from, int to, byte[] insert) {
    byte[] out = new byte[from + insert.length + in.length - to];
    System.arraycopy(in, 0, out, 0, from);
    System.arraycopy(insert, 0, out, from, insert.length);
    System.arraycopy(in, to, out, from + insert.length, in.length - to);
    return out;
  }
}
