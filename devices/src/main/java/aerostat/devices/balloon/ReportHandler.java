package aerostat.devices.balloon;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.HostMemoryException;
import aerostat.mmio.memory.PageOwners;
import aerostat.mmio.trace.TraceLine;
import aerostat.mmio.virtio.DescriptorChain;
import aerostat.mmio.virtio.QueueViolation;
import aerostat.mmio.virtio.VirtioPort;
import aerostat.mmio.virtio.Virtqueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Free page reporting, device side (DEV-30): the guest holds the reported ranges back until the
 * acknowledgement, so here, and not with hints, the host may destroy what is in them (MIG-26).
 */
final class ReportHandler {
  private static final Logger log = LoggerFactory.getLogger(ReportHandler.class);

  /** Written over reported pages by {@link BalloonProperty#SCRIBBLE_REPORTED}. */
  static final byte JUNK = 0x5c;

  private final BalloonState state;
  private final VirtioPort port;
  private final GuestMemory memory;
  private final boolean scribble;
  private final PageRuns runs = new PageRuns(this::reported);
  private boolean inhibited;
  private boolean discardFailed;

  ReportHandler(BalloonState state, VirtioPort port, boolean scribble) {
    this.state = state;
    this.port = port;
    this.memory = port.memory();
    this.scribble = scribble;
  }

  /** While inhibited, elements are acknowledged and nothing else (DEV-03, DEV-30). */
  void inhibitDiscards(boolean inhibit) {
    inhibited = inhibit;
  }

  boolean handle(Virtqueue queue) {
    DescriptorChain chain = queue.pop();
    if (chain == null) {
      return false;
    }
    if (chain.writableBytes() > memory.size()) {
      // A page can be free only once; more would let one element hold the machine lock for long.
      throw new QueueViolation("report of " + chain.writableBytes() + " bytes in one element");
    }
    if (inhibited || state.get32(BalloonLayout.POISON_VAL) != 0) {
      // POISON-09: the whole element, for its pages must keep the poison that is in them.
      state.count(BalloonCounter.REPORTS_SKIPPED, 1);
      trace("report-skipped", 0, chain.writableBytes() >>> GuestMemory.PAGE_SHIFT);
    } else {
      runs.drop();
      for (int i = 0; i < chain.writables(); i++) {
        segment(chain.writableAddress(i), chain.writableLength(i));
      }
      runs.flush();
    }
    queue.push(chain.head(), 0);
    return true;
  }

  /** Only a segment of whole host pages, wholly in writable RAM (EDGE-40). */
  private void segment(long gpa, long length) {
    long hostPage = memory.hostPageSize();
    if (((gpa | length) & (hostPage - 1)) != 0 || !memory.isWritable(gpa, length)) {
      state.count(BalloonCounter.REPORT_SEGMENTS_SKIPPED, 1);
      return;
    }
    runs.add(gpa >>> GuestMemory.PAGE_SHIFT, length >>> GuestMemory.PAGE_SHIFT);
  }

  private void reported(long gpa, long pages) {
    long length = pages << GuestMemory.PAGE_SHIFT;
    trace("report", gpa, pages);
    // A device that agreed on poison may leave nothing but the poison value, zero here (POISON-10).
    if (scribble && (port.features() & BalloonLayout.F_PAGE_POISON) == 0) {
      memory.scribble(gpa, length, JUNK);
    } else {
      try {
        memory.discard(gpa, length);
      } catch (HostMemoryException failed) {
        if (!discardFailed) {
          log.warn("the host refused a discard; reporting goes on without (DEV-04)", failed);
        }
        discardFailed = true;
      }
    }
    memory.owners().set(gpa, length, PageOwners.REPORTED);
    state.count(BalloonCounter.PAGES_REPORTED, pages);
  }

  private void trace(String event, long gpa, long pages) {
    if (port.trace().on()) {
      TraceLine.of(port.name(), event)
          .hex("pfn", gpa >>> GuestMemory.PAGE_SHIFT)
          .num("pages", pages)
          .to(port.trace());
    }
  }
}
