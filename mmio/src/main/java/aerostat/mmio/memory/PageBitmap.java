package aerostat.mmio.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * A bit a page, index 0 = the page at RAM_BASE. Every change of a word is one atomic operation, so
 * any number of threads may set, clear and search at the same time; a range is not changed as one.
 */
public final class PageBitmap {
  private static final long[] EMPTY = new long[512];
  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

  private final long pages;
  private final long[] words;

  /**
   * All bits clear.
   *
   * @param pages at least 0, at most 2^36
   */
  public PageBitmap(long pages) {
    if (pages < 0 || pages > 1L << 36) {
      throw new IllegalArgumentException("a bitmap of " + pages + " pages");
    }
    this.pages = pages;
    this.words = new long[Math.toIntExact((pages + 63) >>> 6)];
  }

  public long pages() {
    return pages;
  }

  public void setAll() {
    setRange(0, pages);
  }

  /**
   * Sets bits [from, to).
   *
   * @return how many went from 0 to 1
   */
  public long setRange(long from, long to) {
    checkRange(from, to);
    long changed = 0;
    for (long at = from; at < to; ) {
      long next = Math.min(to, (at | 63) + 1);
      long mask = mask(at, next);
      changed += Long.bitCount(mask & ~(long) WORD.getAndBitwiseOr(words, (int) (at >>> 6), mask));
      at = next;
    }
    return changed;
  }

  /**
   * Clears bits [from, to).
   *
   * @return how many went from 1 to 0
   */
  public long clearRange(long from, long to) {
    checkRange(from, to);
    long changed = 0;
    for (long at = from; at < to; ) {
      long next = Math.min(to, (at | 63) + 1);
      long mask = mask(at, next);
      changed += Long.bitCount(mask & (long) WORD.getAndBitwiseAnd(words, (int) (at >>> 6), ~mask));
      at = next;
    }
    return changed;
  }

  public boolean get(long page) {
    checkPage(page);
    return (word((int) (page >>> 6)) >>> page & 1) != 0;
  }

  /** Sets one bit; whether it was clear. */
  public boolean testAndSet(long page) {
    checkPage(page);
    long bit = 1L << page;
    return ((long) WORD.getAndBitwiseOr(words, (int) (page >>> 6), bit) & bit) == 0;
  }

  /** Clears one bit; whether it was set. */
  public boolean testAndClear(long page) {
    checkPage(page);
    long bit = 1L << page;
    return ((long) WORD.getAndBitwiseAnd(words, (int) (page >>> 6), ~bit) & bit) != 0;
  }

  /** First set bit at or after {@code from}, or −1. */
  public long nextSet(long from) {
    return find(from, 0, -1);
  }

  /** First clear bit at or after {@code from}, or pages(). */
  public long nextClear(long from) {
    return find(from, -1L, pages);
  }

  /** Set bits, each word as it is when it is counted. */
  public long cardinality() {
    long count = 0;
    for (int i = nextFull(0); i < words.length; i = nextFull(i + 1)) {
      count += Long.bitCount(word(i));
    }
    return count;
  }

  /** Sets all bits that are set in another bitmap of the same size. */
  public void or(PageBitmap other) {
    if (other.pages != pages) {
      throw new IllegalArgumentException(other.pages + " pages into " + pages);
    }
    for (int i = 0; i < words.length; i++) {
      long bits = other.word(i);
      if (bits != 0) {
        WORD.getAndBitwiseOr(words, i, bits);
      }
    }
  }

  /** Clears all bits that are clear in another bitmap of the same size. */
  public void and(PageBitmap other) {
    if (other.pages != pages) {
      throw new IllegalArgumentException(other.pages + " pages with " + pages);
    }
    for (int i = 0; i < words.length; i++) {
      long bits = other.word(i);
      if ((word(i) & ~bits) != 0) {
        WORD.getAndBitwiseAnd(words, i, bits);
      }
    }
  }

  /** Clears all bits that are set in another bitmap of the same size. */
  public void andNot(PageBitmap other) {
    if (other.pages != pages) {
      throw new IllegalArgumentException(other.pages + " pages out of " + pages);
    }
    for (int i = other.nextFull(0); i < words.length; i = other.nextFull(i + 1)) {
      long bits = other.word(i);
      if ((bits & word(i)) != 0) {
        WORD.getAndBitwiseAnd(words, i, ~bits);
      }
    }
  }

  /** A copy; each word as it is when it is copied. */
  public PageBitmap copy() {
    PageBitmap copy = new PageBitmap(pages);
    copy.or(this);
    return copy;
  }

  /**
   * Sets bits of the word that holds pages [64·index, 64·index + 64).
   *
   * @return how many went from 0 to 1
   */
  int orWord(int index, long bits) {
    return Long.bitCount(bits & ~(long) WORD.getAndBitwiseOr(words, index, bits));
  }

  private long find(long from, long flip, long none) {
    if (from < 0) {
      throw new IndexOutOfBoundsException("page " + from);
    }
    if (from >= pages) {
      return none;
    }
    int i = (int) (from >>> 6);
    long bits = (word(i) ^ flip) & -1L << from;
    while (bits == 0) {
      i = flip == 0 ? nextFull(i + 1) : i + 1;
      if (i == words.length) {
        return none;
      }
      bits = word(i) ^ flip;
    }
    long found = ((long) i << 6) + Long.numberOfTrailingZeros(bits);
    // Past the end lie clear bits only, so a search for clear ones can run into them.
    return found < pages ? found : none;
  }

  /**
   * The first word that is not 0, from one on; the number of words if there is none. Long empty
   * stretches are what most bitmaps have when a guest's pause waits for a look at them. A bit that
   * is set meanwhile may be missed, as one behind the look.
   */
  private int nextFull(int from) {
    int i = from;
    while (i < words.length && (long) WORD.getOpaque(words, i) == 0) {
      int end = Math.min(words.length, i + EMPTY.length);
      int full = Arrays.mismatch(words, i, end, EMPTY, 0, end - i);
      i = full < 0 ? end : i + full;
    }
    return i;
  }

  private long word(int index) {
    return (long) WORD.getAcquire(words, index);
  }

  /** Bits [from, to) within one word; from < to. */
  private static long mask(long from, long to) {
    return -1L << from & -1L >>> -to;
  }

  private void checkPage(long page) {
    if (page < 0 || page >= pages) {
      throw new IndexOutOfBoundsException("page " + page + " of " + pages);
    }
  }

  private void checkRange(long from, long to) {
    if (from < 0 || to < from || to > pages) {
      throw new IndexOutOfBoundsException("pages [" + from + ", " + to + ") of " + pages);
    }
  }

  @Override
  public String toString() {
    return "PageBitmap[" + cardinality() + " of " + pages + "]";
  }
}
