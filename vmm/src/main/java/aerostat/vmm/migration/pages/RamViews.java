package aerostat.vmm.migration.pages;

import aerostat.mmio.memory.GuestMemory;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Byte buffers over guest RAM for socket calls, made once and moved about, so that no page costs an
 * object. A buffer reaches 1 GiB; {@link #cut} tells where a run has to be split.
 */
public final class RamViews {
  private static final int WINDOW_SHIFT = 30;
  private static final long WINDOW_PAGES = 1L << (WINDOW_SHIFT - GuestMemory.PAGE_SHIFT);

  private final MemorySegment ram;
  private final @Nullable ByteBuffer[][] views;

  /**
   * @param slots how many buffers are in use at the same time
   */
  public RamViews(GuestMemory memory, int slots) {
    this.ram = memory.segment();
    int windows = (int) ((memory.size() + (1L << WINDOW_SHIFT) - 1) >>> WINDOW_SHIFT);
    this.views = new @Nullable ByteBuffer[windows][slots];
  }

  /** The end of the part of pages [page, end) that one buffer can cover. */
  public static long cut(long page, long end) {
    return Math.min(end, (page / WINDOW_PAGES + 1) * WINDOW_PAGES);
  }

  /** A buffer over some pages, good until the same slot is asked for again. */
  public ByteBuffer view(int slot, long page, int pages) {
    int window = (int) (page / WINDOW_PAGES);
    ByteBuffer view = views[window][slot];
    if (view == null) {
      long start = (long) window << WINDOW_SHIFT;
      view =
          ram.asSlice(start, Math.min(1L << WINDOW_SHIFT, ram.byteSize() - start)).asByteBuffer();
      views[window][slot] = view;
    }
    int offset = (int) (page % WINDOW_PAGES) << GuestMemory.PAGE_SHIFT;
    return view.clear().position(offset).limit(offset + (pages << GuestMemory.PAGE_SHIFT));
  }
}
