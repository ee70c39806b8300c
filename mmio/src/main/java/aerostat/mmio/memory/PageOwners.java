package aerostat.mmio.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who owns each page of RAM: one state byte a page. Written under the machine lock, read by anyone.
 */
public final class PageOwners {
  /** The guest's; the default. */
  public static final byte GUEST = 0;

  /** In the balloon (inflated, acknowledged). */
  public static final byte BALLOON = 1;

  /** Hinted free under the current hinting command, not yet given back by DONE. */
  public static final byte HINTED = 2;

  /** Reported free by free page reporting and untouched since. */
  public static final byte REPORTED = 3;

  private static final int KINDS = 4;
  private static final VarHandle STATE = JAVA_BYTE.varHandle();
  private static final long EACH = 0x0101_0101_0101_0101L;

  private final long pages;
  private final MemorySegment states;

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
    this.states = arena.allocate((pages + 7) & -8, 8).asSlice(0, pages);
  }

  public long pages() {
    return pages;
  }

  /** The state bytes, off-heap, 8-aligned, for a flavour's checks; to read only. */
  public MemorySegment states() {
    return states;
  }

  /**
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
    for (long page = first; page <= last; page++) {
      STATE.setOpaque(states, page, owner);
    }
  }

  /** Pages in each state, indexed by the constants above. */
  public long[] counts() {
    long[] counts = new long[KINDS];
    for (Run run = next(0); run != null; run = next(run.end())) {
      counts[run.owner()] += run.pages();
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
    long same = owner * EACH;
    long end = page + 1;
    while (end < pages) {
      if ((end & 7) == 0 && end + 8 <= pages && states.get(JAVA_LONG, end) == same) {
        end += 8;
      } else if (page(end) == owner) {
        end++;
      } else {
        break;
      }
    }
    return new Run(page, end - page, owner);
  }

  /** All runs that are not the guest's, in order: what a move carries. */
  public List<Run> save() {
    List<Run> runs = new ArrayList<>();
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
    states.fill(GUEST);
    for (Run run : saved) {
      states.asSlice(run.firstPage(), run.pages()).fill(run.owner());
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
