package aerostat.mmio.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who owns each page of RAM: one state byte a page. Written under the machine lock, or while
 * nothing runs; read by anyone.
 *
 * <p>Ownership of hinted pages. A hint says that the guest holds a page without using it, so a
 * migration may leave it out and the other side has other bytes in it. DONE lets the guest use the
 * page again, but that alone changes nothing: the page stays {@link #HINTED} until it is written.
 * Writes show in the {@link DirtyLog}, so a page that is hinted and marked counts as the guest's
 * ({@link GuestMemory#harvest} and {@link GuestMemory#settleOwners} turn it back). The next
 * migration takes all of them back as it begins, for it starts with every page; a reset of the
 * balloon does so as well.
 */
public final class PageOwners {
  /** The guest's; the default. */
  public static final byte GUEST = 0;

  /** In the balloon (inflated, acknowledged). */
  public static final byte BALLOON = 1;

  /** Hinted free and not written since: what its bytes are means nothing. */
  public static final byte HINTED = 2;

  /**
   * Reported free by free page reporting and not written since. The host took its bytes; a page
   * that is marked in the dirty log by a store of the guest counts as the guest's, as a hinted one.
   */
  public static final byte REPORTED = 3;

  private static final int KINDS = 4;
  private static final VarHandle STATE = JAVA_BYTE.varHandle();
  private static final long EACH = 0x0101_0101_0101_0101L;

  /** Eight pages; the first is the lowest byte. */
  private static final ValueLayout.OfLong EIGHT =
      ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Pages compared at once with a pattern; the JDK's comparison is vectorized. */
  private static final int CHUNK = 4096;

  private static final MemorySegment[] PATTERNS = new MemorySegment[KINDS];

  static {
    for (byte owner = 0; owner < KINDS; owner++) {
      PATTERNS[owner] = Arena.global().allocate(CHUNK, 8).fill(owner).asReadOnly();
    }
  }

  private final long pages;

  /** To a whole number of eights. */
  private final MemorySegment padded;

  private final MemorySegment states;

  private volatile @Nullable PageBitmap cameInUse;

  /** Whether a page may be other than the guest's: if not, a pause need not look at each. */
  private volatile boolean mixed;

  /**
   * Neighbouring pages of one owner.
   *
   * @param firstPage index from RAM_BASE
   * @param pages at least 1
   */
  public record Run(long firstPage, long pages, byte owner) {
    /** One past the last page. */
    public long end() {
      return firstPage + pages;
    }
  }

  PageOwners(long pages, Arena arena) {
    this.pages = pages;
    this.padded = arena.allocate((pages + 7) & -8, 8);
    this.states = padded.asSlice(0, pages);
  }

  public long pages() {
    return pages;
  }

  /** The state bytes, off-heap, 8-aligned, for a flavour's checks; to read only. */
  public MemorySegment states() {
    return states;
  }

  /**
   * Whose the page is.
   *
   * @throws GuestAddressException outside RAM
   */
  public byte get(long gpa) {
    return page(checked(gpa, 1));
  }

  /**
   * Gives all pages that [gpa, gpa+length) touches to an owner.
   *
   * @throws GuestAddressException if the range is not wholly in RAM; nothing changed then
   */
  public void set(long gpa, long length, byte owner) {
    if (owner < 0 || owner >= KINDS) {
      throw new IllegalArgumentException("owner " + owner);
    }
    if (length == 0) {
      return;
    }
    long first = checked(gpa, length);
    long last = checked(gpa + length - 1, 1);
    mix(owner);
    states.asSlice(first, last - first + 1).fill(owner);
  }

  /**
   * Gives those pages of [firstPage, endPage) that have one owner to another.
   *
   * @return how many
   * @throws IndexOutOfBoundsException if the range is not wholly in RAM; nothing changed then
   */
  public long replace(long firstPage, long endPage, byte owner, byte newOwner) {
    if (firstPage < 0 || endPage > pages || firstPage > endPage) {
      throw new IndexOutOfBoundsException("pages [" + firstPage + ", " + endPage + ") of " + pages);
    }
    mix(newOwner);
    long replaced = 0;
    for (long page = firstPage; page < endPage; ) {
      long end = Math.min(endPage, (page & -CHUNK) + CHUNK);
      byte found = page(page);
      long same = found == owner ? page : uniformUntil(page, end, found);
      if (same < end) {
        replaced += replaceEights(same, end, owner, newOwner);
      }
      page = end;
    }
    return replaced;
  }

  /** Page by page owners alternate in the worst case, so eight are looked at together. */
  private long replaceEights(long from, long end, byte owner, byte newOwner) {
    long replaced = 0;
    long change = (owner ^ newOwner) * EACH;
    for (long at = from & -8; at < end; at += 8) {
      long old = padded.get(EIGHT, at);
      long has = equal(old, owner) & within(at, from, end);
      if (has != 0) {
        padded.set(EIGHT, at, old ^ (has * 0xff & change));
        replaced += Long.bitCount(has);
      }
    }
    return replaced;
  }

  /** Lowest bit of each byte that is an owner's. */
  private static long equal(long eight, byte owner) {
    long other = eight ^ owner * EACH;
    return ~(other | other >>> 1) & EACH; // an owner has two bits
  }

  /** Bits of those of eight pages that are in a range that touches them. */
  private static long within(long at, long from, long end) {
    long mask = from > at ? -1L << 8 * (from - at) : -1L;
    return end < at + 8 ? mask & -1L >>> 8 * (at + 8 - end) : mask;
  }

  /**
   * Pages were written: those that were hinted or reported are the guest's.
   *
   * @param firstPage a multiple of 64
   * @param bits bit i: page firstPage + i was written
   */
  void written(long firstPage, long bits) {
    long last = Math.min(64, pages - firstPage);
    for (int at = 0; at < last; at += 8) {
      // Eight at once; beyond the last page lies padding that is always zero, no owner HINTED.
      if ((bits >>> at & 0xff) != 0 && padded.get(EIGHT, firstPage + at) != 0) {
        for (int i = at; i < at + 8; i++) {
          // HINTED and REPORTED, not BALLOON: the guest gives those up by writing them.
          if ((bits >>> i & 1) != 0 && padded.get(JAVA_BYTE, firstPage + i) >= HINTED) {
            STATE.setOpaque(padded, firstPage + i, GUEST);
          }
        }
      }
    }
  }

  /**
   * Pages that the guest used when it came to this process: most of them it still uses. Null where
   * it began here. Not to be changed.
   */
  public @Nullable PageBitmap cameInUse() {
    return cameInUse;
  }

  /** Notes what {@link #cameInUse} tells. */
  public void cameInUse(PageBitmap used) {
    cameInUse = used;
  }

  /** Pages in each state, indexed by the constants above. */
  public long[] counts() {
    long[] counts = new long[KINDS];
    for (long page = 0; page < pages; ) {
      long end = Math.min(pages, page + CHUNK);
      long same = uniformUntil(page, end, page(page)) & -8;
      counts[page(page)] += same - page;
      for (long at = same; at < end; at += 8) {
        long eight = padded.get(EIGHT, at);
        long here = within(at, at, end);
        for (byte owner = 0; owner < KINDS; owner++) {
          counts[owner] += Long.bitCount(equal(eight, owner) & here);
        }
      }
      page = end;
    }
    return counts;
  }

  /** The longest run of one owner from a page on; null at the end of RAM. */
  public @Nullable Run next(long page) {
    if (page < 0) {
      throw new IndexOutOfBoundsException("page " + page);
    }
    if (page >= pages) {
      return null;
    }
    byte owner = page(page);
    return new Run(page, sameUntil(page, pages, owner) - page, owner);
  }

  /** As {@link #sameUntil}, for at most {@link #CHUNK} pages, which are one owner's as a rule. */
  private long uniformUntil(long page, long limit, byte owner) {
    long differs = MemorySegment.mismatch(states, page, limit, PATTERNS[owner], 0, limit - page);
    return differs < 0 ? limit : page + differs;
  }

  /** The end of the run of an owner that begins at a page; at most {@code limit}. */
  private long sameUntil(long page, long limit, byte owner) {
    long same = owner * EACH;
    long end = page + 1;
    while (end < limit) {
      if ((end & 63) == 0 && end + CHUNK <= limit) {
        long differs = MemorySegment.mismatch(states, end, end + CHUNK, PATTERNS[owner], 0, CHUNK);
        if (differs >= 0) {
          return end + differs;
        }
        end += CHUNK;
      } else if ((end & 7) == 0 && end + 8 <= limit && states.get(EIGHT, end) == same) {
        end += 8;
      } else if (page(end) == owner) {
        end++;
      } else {
        break;
      }
    }
    return end;
  }

  /** All runs that are not the guest's, in order: what a move carries. */
  public List<Run> save() {
    List<Run> runs = new ArrayList<>();
    if (!mixed) {
      return runs;
    }
    for (Run run = next(0); run != null; run = next(run.end())) {
      if (run.owner() != GUEST) {
        runs.add(run);
      }
    }
    return runs;
  }

  /**
   * Takes the owners that {@link #save} wrote; all pages beside the runs become the guest's.
   *
   * @throws IllegalArgumentException if a run is out of order, out of range or of no known owner;
   *     nothing changed then
   */
  public void restore(List<Run> saved) {
    long end = 0;
    for (Run run : saved) {
      boolean placed =
          run.firstPage() >= end
              && run.firstPage() < pages
              && run.pages() <= pages - run.firstPage();
      if (!placed || run.pages() <= 0 || run.owner() <= GUEST || run.owner() >= KINDS) {
        throw new IllegalArgumentException("owners of " + pages + " pages: bad run " + run);
      }
      end = run.end();
    }
    if (mixed) {
      states.fill(GUEST);
    }
    mixed = !saved.isEmpty();
    for (Run run : saved) {
      states.asSlice(run.firstPage(), run.pages()).fill(run.owner());
    }
  }

  /** Takes back what {@link #states} held at some time; for a snapshot of this very memory. */
  public void rewind(MemorySegment saved) {
    mixed = true;
    states.copyFrom(saved);
  }

  private void mix(byte owner) {
    if (owner != GUEST) {
      mixed = true;
    }
  }

  private byte page(long page) {
    return (byte) STATE.getOpaque(states, page);
  }

  /** The page at an address of a range that is wholly in RAM. */
  private long checked(long gpa, long length) {
    long offset = gpa - GuestMemory.RAM_BASE;
    long size = pages << GuestMemory.PAGE_SHIFT;
    if (length < 0 || offset < 0 || length > size || offset > size - length) {
      throw GuestAddressException.outsideRam(gpa, length);
    }
    return offset >>> GuestMemory.PAGE_SHIFT;
  }
}
