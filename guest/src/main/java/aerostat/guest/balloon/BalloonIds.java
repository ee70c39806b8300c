package aerostat.guest.balloon;

import aerostat.guest.mm.Page;
import aerostat.guest.virtio.VirtioIds;

/** Numbers of the balloon device and constants of the driver (sections A.1 to A.5). */
public final class BalloonIds {
  private BalloonIds() {}

  public static final int F_MUST_TELL_HOST = 0;
  public static final int F_STATS_VQ = 1;
  public static final int F_DEFLATE_ON_OOM = 2;
  public static final int F_FREE_PAGE_HINT = 3;
  public static final int F_PAGE_POISON = 4;
  public static final int F_REPORTING = 5;

  /** Ours: this guest takes no part in ballooning. 24 to 49 are not the device type's to take. */
  public static final int F_NO_BALLOON = 50;

  /** The classic balloon's bits, and page poison. */
  public static final long F_CLASSIC =
      1L << F_MUST_TELL_HOST | 1L << F_STATS_VQ | 1L << F_DEFLATE_ON_OOM | 1L << F_PAGE_POISON;

  // Config space (A.3): little-endian in every mode.
  static final int CONFIG_NUM_PAGES = 0;
  static final int CONFIG_ACTUAL = 4;
  public static final int CONFIG_CMD_ID = 8;
  public static final int CONFIG_POISON_VAL = 12;

  // Queue slots, in the order of UAPI-04.
  public static final int VQ_INFLATE = 0;
  public static final int VQ_DEFLATE = 1;
  public static final int VQ_STATS = 2;
  public static final int VQ_FREE_PAGE = 3;
  public static final int VQ_REPORTING = 4;

  /** Ours: a variant's own queue. */
  public static final int VQ_VARIANT = 5;

  public static final int VQ_MAX = 6;

  /** log2 of a balloon page, whatever the guest's pages are. */
  static final int PFN_SHIFT = Page.PAGE_SHIFT;

  /** Entries of the array in which page numbers travel. */
  public static final int PFNS_MAX = 256;

  /** Bytes of a balloon that belong to its variant. */
  public static final int VARIANT_DATA_BYTES = 512;

  /** Pause after a failed allocation, ms. */
  static final int RETRY_MS = 200;

  /** Balloon pages that one call for help in memory shortage gives back, and its priority. */
  static final int OOM_PAGES = 256;

  static final int OOM_PRIORITY = 80;

  // free_page_hint_cmd_id; a value from 2 up, unsigned, is a command (UAPI-18).
  public static final int CMD_STOP = 0;
  public static final int CMD_DONE = 1;

  /** The bits of {@link #F_CLASSIC} and one more. */
  public static long classicAnd(int feature) {
    return F_CLASSIC | VirtioIds.bit(feature);
  }
}
