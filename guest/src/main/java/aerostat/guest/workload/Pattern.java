package aerostat.guest.workload;

import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.machine.Bounded;

/** Content that can be made again and that does not compress, and random numbers. */
final class Pattern {
  private Pattern() {}

  private static final long MULTIPLIER = 6364136223846793005L;
  private static final long INCREMENT = 1442695040888963407L;

  /** Words of a page. */
  static final int PAGE_WORDS = 512;

  /** A hash of one word (SplitMix64's finisher). */
  static long mix(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }

  /** The word after {@code word} in a pattern. */
  static long next(long word) {
    return word * MULTIPLIER + INCREMENT;
  }

  /** The next random number of the generator whose state lies at {@code state}; below bound. */
  static long random(long state, long bound) {
    long s = load64(state) + 0x9E3779B97F4A7C15L;
    store64(state, s);
    return (mix(s) >>> 1) % bound;
  }

  /** Fills a page with the pattern of {@code seed}. */
  @Bounded(PAGE_WORDS)
  static void fillPage(long page, long seed) {
    long word = mix(seed);
    for (int i = 0; i < PAGE_WORDS; i++) {
      store64(page + 8L * i, word);
      word = next(word);
    }
  }

  /** Index of the first word of the page that is not the pattern's, or -1. */
  @Bounded(PAGE_WORDS)
  static int checkPage(long page, long seed) {
    long word = mix(seed);
    for (int i = 0; i < PAGE_WORDS; i++) {
      if (load64(page + 8L * i) != word) {
        return i;
      }
      word = next(word);
    }
    return -1;
  }
}
