package aerostat.guest.virtio;

import static aerostat.guest.machine.Io.readb;
import static aerostat.guest.machine.Io.readl;
import static aerostat.guest.machine.Io.writeb;
import static aerostat.guest.machine.Io.writel;

import aerostat.guest.mm.Page;

/**
 * What version 1 of the transport does otherwise (the {@code version == 1} branches of
 * virtio_mmio.c): queues lie at page numbers, the config space is read byte by byte. The guest is
 * little-endian, so guest-native is little-endian (UAPI-13).
 */
final class VirtioMmioLegacy {
  private VirtioMmioLegacy() {}

  private static final int GUEST_PAGE_SIZE = 0x028;
  private static final int QUEUE_ALIGN = 0x03c;
  private static final int QUEUE_PFN = 0x040;

  /** Features of the one window; what a device shows in others means nothing (BASE-LEG-01). */
  static final long FEATURES = 0xffff_ffffL;

  /** Unit of QueuePFN: at probe, and after a suspend, before any queue (MMIO-03, MMIO-12). */
  static void setPageSize(long base) {
    writel(Page.PAGE_SIZE, base + GUEST_PAGE_SIZE);
  }

  /** Whether the queue that is selected is in use. */
  static boolean isInUse(long base) {
    return readl(base + QUEUE_PFN) != 0;
  }

  /**
   * Where the queue is; its size is written already. The page number fits 32 bits (MMIO-04): a
   * guest has less than 16 TiB.
   */
  static void place(Virtqueue q, long base) {
    writel(Page.PAGE_SIZE, base + QUEUE_ALIGN);
    writel((int) (q.descriptors() >>> Page.PAGE_SHIFT), base + QUEUE_PFN);
  }

  /** Takes the queue that is selected out of use (MMIO-05). */
  static void stop(long base) {
    writel(0, base + QUEUE_PFN);
  }

  /** vm_get: a change in between may tear the value (MMIO-02). */
  static int get32(long field) {
    return (readb(field) & 0xff)
        | (readb(field + 1) & 0xff) << 8
        | (readb(field + 2) & 0xff) << 16
        | (readb(field + 3) & 0xff) << 24;
  }

  /** vm_set: the last byte last, for which a device waits (UAPI-15). */
  static void set32(long field, int value) {
    writeb(value & 0xff, field);
    writeb(value >>> 8 & 0xff, field + 1);
    writeb(value >>> 16 & 0xff, field + 2);
    writeb(value >>> 24 & 0xff, field + 3);
  }
}
