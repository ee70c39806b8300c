package aerostat.mmio.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which pages were written since the last harvest: KVM's contract, with one card byte a page.
 *
 * <p><b>Mark</b>: after the data, store 1 into the page's card with release order, whatever the
 * card holds. <b>Harvest</b>: swap each card that is set for a zero, then a full fence, then report
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
 * <p>A release store is either {@code setRelease} (devices, bulk operations: {@link #mark}), or a
 * release fence and after it plain stores (the vCPU, which then pays for one fence, not one a
 * card). A mark may come late: the next harvest has it. It must be there when the vCPU rests, for
 * the last harvest is made then.
 *
 * <p>The full fence is needed because on AArch64 a later load may pass the <em>write</em> half of
 * the swap; with the fence a reader of a reported page also comes after every card of the group was
 * cleared. The tests before the swap are plain reads: a 0 that is out of date is a mark that comes
 * after this harvest.
 *
 * <p>What a device writes with every element is noted in a {@link LateMark}, and marked as the
 * first step of a harvest.
 *
 * <p>The cards are a Java array, not native memory, for the JIT's sake: it knows that a card is not
 * guest memory, and an array store is a handful of nodes where a segment's is hundreds, which
 * counts in guest functions with dozens of stores.
 */
public final class DirtyLog {
  private static final byte MARK = 1;

  /**
   * A mark of the host's own: it took the page's bytes away (a discard). The guest's next store
   * puts {@link #MARK} in its place, so a page that was given away and a page that was used again
   * are told apart (free page reporting).
   */
  private static final byte HOST_MARK = 3;

  /** A host's mark of a page that was discarded: nobody stored since, so it is zero. */
  static final byte DISCARDED = 7;

  /** Lets card i of a word (byte i from the low end) fall on bit 56 + i of the product. */
  private static final long GATHER = 0x0102_0408_1020_4080L;

  private static final long EACH_CARD = 0x0101_0101_0101_0101L;

  /** Cards that make one word of a {@link PageBitmap}. */
  static final int GROUP = 64;

  private static final byte[] CLEAN = new byte[4096];

  private static final VarHandle CARD = MethodHandles.arrayElementVarHandle(byte[].class);

  /** Plain access only. */
  private static final VarHandle EIGHT =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final LateMark[] NONE = {};

  private final int pages;
  private volatile LateMark[] late = NONE;

  /** To a whole number of groups; nobody marks those beyond the last page. */
  private final byte[] cards;

  private DirtyLog(int pages, byte[] cards) {
    this.pages = pages;
    this.cards = cards;
  }

  static DirtyLog allocate(long pages) {
    int count = Math.toIntExact(pages);
    return new DirtyLog(count, new byte[count + GROUP - 1 & -GROUP]);
  }

  /**
   * A log over cards that somebody else allocated; a page for each byte.
   *
   * @param cards a multiple of 64 bytes long
   */
  public static DirtyLog over(byte[] cards) {
    if (cards.length % GROUP != 0) {
      throw new IllegalArgumentException("cards must be whole groups of 64: " + cards.length);
    }
    return new DirtyLog(cards.length, cards);
  }

  /**
   * The cards, one byte a page from RAM_BASE, and some more that nobody marks. The vCPU stores 1
   * with release order, after its data and unconditionally. Late marks are in it now, later ones
   * are not.
   */
  public byte[] cards() {
    settle();
    return cards;
  }

  /** Marks of a range that a device writes again and again; for as long as the memory lives. */
  public synchronized LateMark lateMark() {
    LateMark mark = new LateMark(this);
    LateMark[] more = Arrays.copyOf(late, late.length + 1);
    more[late.length] = mark;
    late = more;
    return mark;
  }

  /** Moves late marks into the cards. */
  void settle() {
    for (LateMark mark : late) {
      mark.settle();
    }
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
    require(gpa, length);
    markOffsets(gpa - GuestMemory.RAM_BASE, length);
  }

  void require(long gpa, long length) {
    long offset = gpa - GuestMemory.RAM_BASE;
    long size = (long) pages << GuestMemory.PAGE_SHIFT;
    if (length < 0 || offset < 0 || length > size || offset > size - length) {
      throw GuestAddressException.outsideRam(gpa, length);
    }
  }

  /** As {@link #mark}, by offset from RAM_BASE, for a checked range of at least one byte. */
  void markOffsets(long offset, long length) {
    markOffsets(offset, length, MARK);
  }

  /** As {@link #markOffsets}, for pages whose bytes the host took away; owners stay as they are. */
  void markTaken(long offset, long length) {
    settle(); // a device's store came before
    markOffsets(offset, length, HOST_MARK);
  }

  private void markOffsets(long offset, long length, byte mark) {
    int page = (int) (offset >>> GuestMemory.PAGE_SHIFT);
    int last = (int) ((offset + length - 1) >>> GuestMemory.PAGE_SHIFT);
    CARD.setRelease(cards, page, mark);
    while (page < last) {
      CARD.setRelease(cards, ++page, mark);
    }
  }

  /** As {@link #markOffsets} for whole pages that were just discarded. */
  void markDiscarded(long offset, long length) {
    settle(); // a device's store came before
    markOffsets(offset, length, DISCARDED);
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
    settle();
    long fresh = 0;
    for (int at = nextMarked(0); at < cards.length; at = nextMarked(at + GROUP)) {
      long bits = marked(at);
      long stored = 0;
      for (long left = bits; left != 0; left &= left - 1) {
        int i = Long.numberOfTrailingZeros(left);
        stored |= take(at + i) == MARK ? 1L << i : 0;
      }
      // Before the bits are published: another thread may already look for set bits.
      VarHandle.fullFence();
      if (owners != null) {
        owners.written(at, stored);
      }
      fresh += into.orWord(at / GROUP, bits);
    }
    return fresh;
  }

  /** Forgets everything logged; pages read afterwards hold all that was logged. */
  public void clear() {
    settle();
    for (int at = nextMarked(0); at < cards.length; at = nextMarked(at + GROUP)) {
      for (long left = marked(at); left != 0; left &= left - 1) {
        take(at + Long.numberOfTrailingZeros(left));
      }
    }
    VarHandle.fullFence();
  }

  /** Whether any page is marked, without clearing: a hint for the idle, not a harvest. */
  public boolean isClean() {
    for (LateMark mark : late) {
      if (mark.isPending()) {
        return false;
      }
    }
    return nextMarked(0) == cards.length;
  }

  /** Tells of the pages that are marked, and leaves the marks. */
  void peek(PageOwners owners) {
    settle();
    for (int at = nextMarked(0); at < cards.length; at = nextMarked(at + GROUP)) {
      long stored = 0;
      for (int i = 0; i < GROUP; i += 8) {
        long eight = eight(at + i);
        stored |= gather(eight & ~(eight >>> 1)) << i; // without those that the host marked
      }
      owners.written(at, stored);
    }
  }

  /**
   * The first group with a mark, from one on; the number of cards if there is none. A log is all
   * but clean when a guest's pause waits for it, so it is compared with zeros in large pieces.
   */
  int nextMarked(int from) {
    int at = from;
    while (at < cards.length) {
      int end = Math.min(cards.length, at + CLEAN.length);
      int marked = Arrays.mismatch(cards, at, end, CLEAN, 0, end - at);
      if (marked >= 0) {
        return at + marked & -GROUP;
      }
      at = end;
    }
    return cards.length;
  }

  private long eight(int at) {
    return (long) EIGHT.get(cards, at);
  }

  /** Bit i = card i of the group is marked, by whomever. */
  private long marked(int at) {
    long bits = 0;
    for (int i = 0; i < GROUP; i += 8) {
      bits |= gather(eight(at + i)) << i;
    }
    return bits;
  }

  /** Bit i = the lowest bit of byte i. */
  private static long gather(long eight) {
    return ((eight & EACH_CARD) * GATHER) >>> 56;
  }

  /** Gets and clears one card. */
  private byte take(int at) {
    return (byte) CARD.getAndSet(cards, at, (byte) 0);
  }
}
