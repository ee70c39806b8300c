package aerostat.mmio.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * RAM that goes back to one moment in microseconds, many thousand times a second: what was written
 * since is known page by page from the dirty log, and only those pages are copied back.
 *
 * <p>A discard costs no system call: it zeroes only pages that are not zero already, and what it
 * zeroed is told from its marks. So a hint of 4 MiB of free memory is 1,024 marks and no copying.
 *
 * <p>For one thread, which owns the memory and its dirty log: nobody else may harvest.
 */
public final class SnapshotRam implements RamBackend {
  private static final int PAGE = GuestMemory.PAGE_SIZE;
  private static final byte CLEAN = 0;
  private static final byte WRITTEN = 1;
  private static final VarHandle EIGHT =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private final AnonymousRam ram;
  private final Arena arena = Arena.ofShared();
  private @Nullable GuestMemory memory;

  /** CLEAN, WRITTEN, or DISCARDED (and zero since), by page. */
  private final byte[] state;

  /** The pages that are not CLEAN, in no order. */
  private final int[] dirty;

  private int dirtyCount;
  private final int[] written;
  private int writtenCount;
  private final int[] taken;
  private int takenCount;

  /** Place of a page's bytes in {@link #saved}, -1 for a page of zeros. */
  private final int[] place;

  private MemorySegment saved = MemorySegment.NULL;
  private MemorySegment savedOwners = MemorySegment.NULL;
  private byte[] cards = {};

  private SnapshotRam(AnonymousRam ram, int pages) {
    this.ram = ram;
    state = new byte[pages];
    dirty = new int[pages];
    written = new int[pages];
    taken = new int[pages];
    place = new int[pages];
  }

  /** Memory over a backend of this kind; {@link #of} finds the backend again. */
  public static GuestMemory memory(long bytes) {
    SnapshotRam backend = new SnapshotRam(new AnonymousRam(bytes), Math.toIntExact(bytes / PAGE));
    GuestMemory made = new GuestMemory(backend);
    backend.memory = made;
    return made;
  }

  /**
   * The backend of a memory that {@link #memory} made.
   *
   * @throws ClassCastException for any other
   */
  public static SnapshotRam of(GuestMemory memory) {
    return (SnapshotRam) memory.backend();
  }

  /** This moment is where {@link #rewind} goes back to. Once. */
  public void take() {
    GuestMemory guest = made();
    MemorySegment bytes = ram.segment();
    int count = 0;
    for (int page = 0; page < place.length; page++) {
      boolean zero = ZeroTest.isZero(bytes, (long) page * PAGE, PAGE);
      place[page] = zero ? -1 : count++;
    }
    saved = arena.allocate((long) count * PAGE, PAGE);
    for (int page = 0; page < place.length; page++) {
      if (place[page] >= 0) {
        MemorySegment.copy(bytes, (long) page * PAGE, saved, (long) place[page] * PAGE, PAGE);
      }
    }
    MemorySegment owners = guest.owners().states();
    savedOwners = arena.allocate(owners.byteSize(), 8).copyFrom(owners);
    guest.dirtyLog().clear();
    cards = guest.dirtyLog().cards();
  }

  /**
   * Moves the marks of the dirty log into the list of pages to copy back.
   *
   * @return how many pages were written (not only discarded) since the last call; see {@link
   *     #written}
   */
  public int collect() {
    return collectFrom(0);
  }

  /**
   * As {@link #collect}, but marks of pages before the group of 64 that holds this one stay: cheap
   * for a page near the end.
   *
   * @param page of RAM
   */
  public int collectFrom(int page) {
    DirtyLog log = made().dirtyLog();
    log.settle();
    writtenCount = 0;
    takenCount = 0;
    int marked = log.nextMarked(page & -DirtyLog.GROUP);
    while (marked < cards.length) {
      for (int at = marked; at < marked + DirtyLog.GROUP; at += Long.BYTES) {
        if ((long) EIGHT.get(cards, at) != 0) {
          for (int i = at; i < at + Long.BYTES; i++) {
            if (cards[i] != 0) {
              note(i, cards[i]);
            }
          }
          EIGHT.set(cards, at, 0L);
        }
      }
      marked = log.nextMarked(marked + DirtyLog.GROUP);
    }
    return writtenCount;
  }

  /** The n-th page that was written between the last two calls of {@link #collect}. */
  public int written(int n) {
    return written[n];
  }

  /** Pages that were discarded, and not written since, between the last two calls of collect. */
  public int discardedCount() {
    return takenCount;
  }

  /** The n-th of {@link #discardedCount}. */
  public int discarded(int n) {
    return taken[n];
  }

  private void note(int page, byte card) {
    if (state[page] == CLEAN) {
      dirty[dirtyCount++] = page;
    }
    if (card == DirtyLog.DISCARDED) {
      state[page] = DirtyLog.DISCARDED;
      taken[takenCount++] = page;
    } else {
      state[page] = WRITTEN;
      written[writtenCount++] = page;
    }
  }

  /** Pages that differ, or may, as far as {@link #collect} knows. */
  public int dirtyPages() {
    return dirtyCount;
  }

  /** Everything, page owners included, is as it was at {@link #take}. */
  public void rewind() {
    collect();
    MemorySegment bytes = ram.segment();
    for (int i = 0; i < dirtyCount; i++) {
      int page = dirty[i];
      long at = (long) page * PAGE;
      if (place[page] >= 0) {
        MemorySegment.copy(saved, (long) place[page] * PAGE, bytes, at, PAGE);
      } else if (state[page] != DirtyLog.DISCARDED) {
        bytes.asSlice(at, PAGE).fill((byte) 0);
      }
      state[page] = CLEAN;
    }
    dirtyCount = 0;
    made().owners().rewind(savedOwners);
  }

  /** As {@link #rewind}, for memory of which the dirty log may not know all: every page. */
  public void restore() {
    collect();
    MemorySegment bytes = ram.segment();
    for (int page = 0; page < place.length; page++) {
      long at = (long) page * PAGE;
      if (place[page] >= 0) {
        MemorySegment.copy(saved, (long) place[page] * PAGE, bytes, at, PAGE);
      } else if (!ZeroTest.isZero(bytes, at, PAGE)) {
        bytes.asSlice(at, PAGE).fill((byte) 0);
      }
    }
    rewind();
  }

  /** After {@link #rewind}: the first page that is not as it was, or -1. Looks at all of RAM. */
  public int firstDifference() {
    MemorySegment bytes = ram.segment();
    for (int page = 0; page < place.length; page++) {
      long at = (long) page * PAGE;
      boolean same =
          place[page] < 0
              ? ZeroTest.isZero(bytes, at, PAGE)
              : MemorySegment.mismatch(
                      bytes,
                      at,
                      at + PAGE,
                      saved,
                      (long) place[page] * PAGE,
                      (place[page] + 1L) * PAGE)
                  < 0;
      if (!same) {
        return page;
      }
    }
    return -1;
  }

  @Override
  public void discard(long offset, long length) {
    if (cards.length == 0) {
      ram.discard(offset, length);
      return;
    }
    MemorySegment bytes = ram.segment();
    for (long at = offset; at < offset + length; at += PAGE) {
      int page = (int) (at / PAGE);
      byte card = cards[page];
      byte known = card == CLEAN ? state[page] : card;
      boolean zero = known == DirtyLog.DISCARDED || (known == CLEAN && place[page] < 0);
      if (!zero) {
        bytes.asSlice(at, PAGE).fill((byte) 0);
      }
    }
  }

  private GuestMemory made() {
    return Objects.requireNonNull(memory, "no memory yet");
  }

  @Override
  public String kind() {
    return "snapshot";
  }

  @Override
  public MemorySegment segment() {
    return ram.segment();
  }

  @Override
  public int hostPageSize() {
    return PAGE;
  }

  @Override
  public long residentBytes() {
    return ram.residentBytes();
  }

  @Override
  public void close() {
    ram.close();
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
