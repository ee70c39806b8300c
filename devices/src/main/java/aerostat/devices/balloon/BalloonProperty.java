package aerostat.devices.balloon;

import java.util.Arrays;
import java.util.Optional;

/** A switch of the balloon, named as on QEMU's command line; those with "x-" are our own. */
public enum BalloonProperty {
  /** Offers FREE_PAGE_HINT. */
  FREE_PAGE_HINT("free-page-hint"),
  /** Offers REPORTING (PAGE_REPORTING in the specification). */
  FREE_PAGE_REPORTING("free-page-reporting"),
  /** Offers PAGE_POISON. QEMU's default is on. */
  PAGE_POISON("page-poison"),
  /** Offers DEFLATE_ON_OOM. */
  DEFLATE_ON_OOM("deflate-on-oom"),
  /** Offers GET_FREE_PAGES, the bitmap of 2016, on the bit of FREE_PAGE_HINT. */
  GET_FREE_PAGES("get-free-pages"),
  /** With GET_FREE_PAGES: offers REQUEST_ID. */
  REQUEST_ID("x-request-id"),
  /** With REQUEST_ID: offers DROP_LOCK. */
  DROP_LOCK("x-drop-lock"),
  /** Discards the pages that a free page bitmap names; loses writes without the guest's lock. */
  DISCARD_FREE_PAGES("x-discard-free-pages"),
  /** Takes the pages that a free page bitmap names off the dirty log; likewise. */
  CLEAN_FREE_PAGES("x-clean-free-pages"),
  /** Offers PAGE_BITMAP: bitmaps on the inflate and deflate queues. */
  PAGE_BITMAP("x-page-bitmap"),
  /** With PAGE_BITMAP: offers INFLATE_DEFLATE, a queue that does both in one go. */
  INFLATE_DEFLATE("x-inflate-deflate"),
  /**
   * Writes junk over reported pages before the acknowledgement, instead of discarding them: the
   * specification allows it, and a driver that still uses such a page shows.
   */
  SCRIBBLE_REPORTED("x-scribble-reported"),
  /** The transport offers INDIRECT_DESC; on unless switched off. */
  INDIRECT_DESC("indirect-desc"),
  /** The transport offers EVENT_IDX; on unless switched off. */
  EVENT_IDX("event-idx"),
  /** The transport offers RING_PACKED. */
  PACKED("packed"),
  /** The transport offers IN_ORDER. */
  IN_ORDER("in-order"),
  /** The transport offers RING_RESET. QEMU's default is on, but not over MMIO. */
  QUEUE_RESET("queue-reset"),
  /** The transport offers NOTIFICATION_DATA. */
  NOTIFICATION_DATA("notification-data");

  private final String word;

  BalloonProperty(String word) {
    this.word = word;
  }

  /** The name on the command line. */
  public String word() {
    return word;
  }

  /** By {@link #word}, with the specification's spelling of hinting, and with underscores. */
  public static Optional<BalloonProperty> named(String word) {
    String plain = word.replace('_', '-');
    return plain.equals("free-page-hinting")
        ? Optional.of(FREE_PAGE_HINT)
        : Arrays.stream(values()).filter(p -> p.word.equals(plain)).findFirst();
  }
}
