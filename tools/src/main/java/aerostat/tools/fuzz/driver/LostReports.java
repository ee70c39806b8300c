package aerostat.tools.fuzz.driver;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.SnapshotRam;
import aerostat.mmio.virtio.Virtio;
import aerostat.tools.fuzz.FuzzFinding;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Pages of reports whose notification was lost: until the device has answered, the guest may
 * neither write them nor put them into the balloon (REPORT-15, REPORT-18). Looks at split rings of
 * a driver that nobody has lied to.
 */
final class LostReports {
  private static final int INFLATE = 0;
  private static final int REPORTING = 4;

  /** Longest chain that is followed. */
  private static final int MOST_PARTS = 256;

  private final GuestMemory memory;
  private final SnapshotRam ram;
  private final boolean[] waiting;
  private boolean any;
  private boolean on;
  private @Nullable FuzzFinding failure;

  private interface Parts {
    void part(long gpa, long length);
  }

  LostReports(GuestMemory memory) {
    this.memory = memory;
    ram = SnapshotRam.of(memory);
    waiting = new boolean[(int) memory.pages()];
  }

  /** A new input; or what the rings hold means nothing any more. */
  void begin(boolean look) {
    forget();
    on = look;
    failure = null;
  }

  /** The device has answered, or was reset. */
  void forget() {
    if (any) {
      Arrays.fill(waiting, false);
      any = false;
    }
  }

  /** Whether the device has yet to answer a report. */
  boolean waiting() {
    return any;
  }

  /** A notification does not come through. */
  void lost(LyingDevice device, int queue) {
    if (on && queue == REPORTING) {
      var unused = ram.collect(); // what was written before does not count
      each(device, queue, this::wait);
    }
    offered(device, queue);
  }

  /** A notification is about to come through. */
  void notified(LyingDevice device, int queue) {
    offered(device, queue);
    if (queue == REPORTING) {
      look();
      forget();
    }
  }

  /**
   * After some guest code.
   *
   * @throws FuzzFinding if a page was used
   */
  void check() {
    look();
    if (failure != null) {
      throw failure;
    }
  }

  private void look() {
    if (any) {
      int written = ram.collect();
      for (int i = 0; i < written; i++) {
        used(ram.written(i), "written");
      }
    }
  }

  private void offered(LyingDevice device, int queue) {
    if (any && on && queue == INFLATE) {
      each(
          device,
          queue,
          (gpa, length) -> {
            for (long at = 0; at + 4 <= length; at += 4) {
              long frame = Integer.toUnsignedLong(memory.load32(gpa + at));
              used(frame - (GuestMemory.RAM_BASE >>> GuestMemory.PAGE_SHIFT), "inflated");
            }
          });
    }
  }

  private void used(long page, String how) {
    if (failure == null && page >= 0 && page < waiting.length && waiting[(int) page]) {
      failure =
          new FuzzFinding("reported page", how + " before the device has answered: page " + page);
    }
  }

  private void wait(long gpa, long length) {
    long first = (gpa - GuestMemory.RAM_BASE) >>> GuestMemory.PAGE_SHIFT;
    long last = (gpa + length - 1 - GuestMemory.RAM_BASE) >>> GuestMemory.PAGE_SHIFT;
    Arrays.fill(waiting, (int) first, (int) last + 1, true);
    any = true;
  }

  /** All parts of all chains that are available and not used, of a driver that is no liar. */
  private void each(LyingDevice device, int queue, Parts parts) {
    int size = device.size(queue);
    int at = memory.load16(device.usedRing(queue) + 2);
    int end = memory.load16(device.driverArea(queue) + 2);
    for (int left = Math.min(size, (end - at) & 0xffff); left > 0; left--) {
      long entry = device.driverArea(queue) + 4 + 2L * (at & (size - 1));
      chain(device.descriptors(queue), memory.load16(entry), parts);
      at++;
    }
  }

  private void chain(long ring, int head, Parts parts) {
    long table = ring;
    int at = head;
    for (int i = 0; i < MOST_PARTS; i++) {
      long descriptor = table + (long) Virtio.DESC_SIZE * at;
      int flags = memory.load16(descriptor + 12);
      if ((flags & Virtio.DESC_INDIRECT) != 0) {
        table = memory.load64(descriptor);
        at = 0;
        continue;
      }
      parts.part(memory.load64(descriptor), Integer.toUnsignedLong(memory.load32(descriptor + 8)));
      if ((flags & Virtio.DESC_NEXT) == 0) {
        return;
      }
      at = memory.load16(descriptor + 14);
    }
  }
}
