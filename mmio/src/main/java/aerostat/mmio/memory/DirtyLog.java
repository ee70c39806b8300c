package aerostat.mmio.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Which pages were written since the last harvest: KVM's contract, with one card byte a page.
 *
 * <p><b>Mark</b>: after the data, store 1 into the page's card with release order, whatever the
 * card holds. <b>Harvest</b>: swap eight cards at once for zeros, then a full fence, then report
 * the pages; only then may anyone read them.
 *
 * <p>Why no write is lost. In the one order that all processors agree on for a card, a mark comes
 * before a harvest's swap or after it. After: the card stays 1 and the next harvest reports the
 * page. Before: no store lies between, or it is a mark as well, so the swap reads a 1; that read
 * synchronises with the release store (the swap is an acquire), so whoever reads the page
 * afterwards sees the data. This leans on two things. (1) The store is unconditional: "mark only if
 * clear" may read an old 1 that a swap is about to clear, while its data still waits in the store
 * buffer; the page is then read too early and no mark is left. (2) Get and clear are one step: with
 * "read, then store 0" the marks set between the two are wiped out unseen.
 *
 * <p>Byte stores against an eight-byte swap: cards are aligned to eight, so the swap is single-copy
 * atomic on x86 (a locked exchange holds the whole line) and on AArch64 (SWPAL; or LDAXR/STLXR,
 * whose store fails when any byte of the granule was written in between), and coherence holds for
 * each byte by itself: no byte store can fall between the swap's read and its write. The full fence
 * is needed because on AArch64 a later load may pass the <em>write</em> half of the swap; with the
 * fence a reader of a reported page also comes after every card of the group was cleared.
 *
 * <p>The test before the swap is a plain read: a 0 that is out of date is a mark that comes after
 * this harvest, and the next one has it.
 */
public final class DirtyLog {
  private static final byte MARK = 1;

  /**
   * A mark of the host's own: it took the page's bytes away (a discard). The guest's next store
   * puts {@link #MARK} in its place, so a page that was given away and a page that was used again
   * are told apart (free page reporting).
   */
  private static final byte HOST_MARK = 3;

  /** Lets card i of a word (byte i from the low end) fall on bit 56 + i of the product. */
  private static final long GATHER = 0x0102_0408_1020_4080L;

  private static final long EACH_CARD = 0x0101_0101_0101_0101L;

  /** Card words that make one word of a {@link PageBitmap}: 8 × 8 pages. */
  private static final int GROUP_BYTES = 64;

  private static final VarHandle CARD = JAVA_BYTE.varHandle();
  private static final VarHandle WORD = JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

  private final long pages;

  /** Padded with cards that nobody marks to a whole number of groups. */
  private final MemorySegment padded;

  private final MemorySegment cards;

  private DirtyLog(long pages, MemorySegment padded) {
    this.pages = pages;
    this.padded = padded;
    this.cards = padded.asSlice(0, pages);
  }

  static DirtyLog allocate(long pages, Arena arena) {
    return new DirtyLog(pages, arena.allocate(roundUp(pages), GROUP_BYTES));
  }

  /**
   * A log whose cards lie in memory that somebody else allocated and zeroed; a page for each byte.
   *
   * @param cards off-heap, aligned to 64 bytes, a multiple of 64 bytes long
   */
  public static DirtyLog over(MemorySegment cards) {
    if (cards.byteSize() != roundUp(cards.byteSize()) || cards.address() % GROUP_BYTES != 0) {
      throw new IllegalArgumentException("cards must be whole groups of 64 bytes: " + cards);
    }
    return new DirtyLog(cards.byteSize(), cards);
  }

  private static long roundUp(long bytes) {
    return (bytes + GROUP_BYTES - 1) & -GROUP_BYTES;
  }

  /**
   * The cards, one byte a page from RAM_BASE, off-heap, 64-aligned. The vCPU stores (byte) 1 with
   * release order, after its data and unconditionally.
   */
  public MemorySegment cards() {
    return cards;
  }

  /**
   * Marks all pages that [gpa, gpa+length) touches, after their data was written.
   *
   * @throws GuestAddressException if the range is not wholly in RAM
   */
  public void mark(long gpa, long length) {
    if (length == 0) {
      return;
    }
    long offset = gpa - GuestMemory.RAM_BASE;
    long size = pages << GuestMemory.PAGE_SHIFT;
    if (length < 0 || offset < 0 || length > size || offset > size - length) {
      throw GuestAddressException.outsideRam(gpa, length);
    }
    markOffsets(offset, length);
  }

  /** As {@link #mark}, by offset from RAM_BASE, for a checked range of at least one byte. */
  void markOffsets(long offset, long length) {
    markOffsets(offset, length, MARK);
  }

  /** As {@link #markOffsets}, for pages whose bytes the host took away; owners stay as they are. */
  void markTaken(long offset, long length) {
    markOffsets(offset, length, HOST_MARK);
  }

  private void markOffsets(long offset, long length, byte mark) {
    long page = offset >>> GuestMemory.PAGE_SHIFT;
    long last = (offset + length - 1) >>> GuestMemory.PAGE_SHIFT;
    CARD.setRelease(cards, page, mark);
    while (page < last) {
      CARD.setRelease(cards, ++page, mark);
    }
  }

  /**
   * Moves the log into {@code into} (OR). Pages whose bit is set may be read from then on.
   *
   * @return how many bits of {@code into} went from 0 to 1
   */
  public long harvest(PageBitmap into) {
    return harvest(into, null);
  }

  /**
   * As {@link #harvest(PageBitmap)}.
   *
   * @param owners told of the pages that were written, if not null
   */
  long harvest(PageBitmap into, @Nullable PageOwners owners) {
    if (into.pages() != pages) {
      throw new IllegalArgumentException(
          "a log of " + pages + " pages into a bitmap of " + into.pages());
    }
    long fresh = 0;
    for (long at = 0; at < padded.byteSize(); at += GROUP_BYTES) {
      if (any(at)) {
        long bits = 0;
        long stored = 0;
        for (int i = 0; i < GROUP_BYTES; i += 8) {
          if ((long) WORD.getOpaque(padded, at + i) != 0) {
            long eight = (long) WORD.getAndSet(padded, at + i, 0L);
            bits |= marked(eight) << i;
            stored |= byGuest(eight) << i;
          }
        }
        // Before the bits are published: another thread may already look for set bits.
        VarHandle.fullFence();
        if (owners != null) {
          owners.written(at, stored);
        }
        fresh += into.orWord((int) (at / GROUP_BYTES), bits);
      }
    }
    return fresh;
  }

  /** Forgets everything logged; pages read afterwards hold all that was logged. */
  public void clear() {
    for (long at = 0; at < padded.byteSize(); at += GROUP_BYTES) {
      if (any(at)) {
        take(at);
      }
    }
    VarHandle.fullFence();
  }

  /** Whether any page is marked, without clearing: a hint for the idle, not a harvest. */
  public boolean isClean() {
    for (long at = 0; at < padded.byteSize(); at += GROUP_BYTES) {
      if (any(at)) {
        return false;
      }
    }
    return true;
  }

  /** Tells of the pages that are marked, and leaves the marks. */
  void peek(PageOwners owners) {
    for (long at = 0; at < padded.byteSize(); at += GROUP_BYTES) {
      if (any(at)) {
        long bits = 0;
        for (int i = 0; i < GROUP_BYTES; i += 8) {
          long eight = (long) WORD.getAcquire(padded, at + i);
          bits |= byGuest(eight) << i;
        }
        owners.written(at, bits);
      }
    }
  }

  private boolean any(long at) {
    return (padded.get(JAVA_LONG, at)
            | padded.get(JAVA_LONG, at + 8)
            | padded.get(JAVA_LONG, at + 16)
            | padded.get(JAVA_LONG, at + 24)
            | padded.get(JAVA_LONG, at + 32)
            | padded.get(JAVA_LONG, at + 40)
            | padded.get(JAVA_LONG, at + 48)
            | padded.get(JAVA_LONG, at + 56))
        != 0;
  }

  private void take(long at) {
    for (int i = 0; i < GROUP_BYTES; i += 8) {
      if ((long) WORD.getOpaque(padded, at + i) != 0) {
        WORD.getAndSet(padded, at + i, 0L);
      }
    }
  }

  /** Bit i = card i of the eight is marked. */
  private static long marked(long eight) {
    return (eight & EACH_CARD) * GATHER >>> 56;
  }

  /** Bit i = card i of the eight is marked, and not by the host. */
  private static long byGuest(long eight) {
    return marked(eight & ~(eight >>> 1));
  }
}
