package aerostat.guest.balloon;

import aerostat.guest.mm.Page;

/** Numbers of the balloon device and constants of the driver (sections A.1 to A.5). */
final class BalloonIds {
  private BalloonIds() {}

  static final int F_MUST_TELL_HOST = 0;
  static final int F_STATS_VQ = 1;
  static final int F_DEFLATE_ON_OOM = 2;
  static final int F_FREE_PAGE_HINT = 3;

  // Config space (A.3): little-endian in every mode.
  static final int CONFIG_NUM_PAGES = 0;
  static final int CONFIG_ACTUAL = 4;
  static final int CONFIG_CMD_ID = 8;

  // Queue slots, in the order of UAPI-04.
  static final int VQ_INFLATE = 0;
  static final int VQ_DEFLATE = 1;
  static final int VQ_STATS = 2;
  static final int VQ_FREE_PAGE = 3;
  static final int VQ_REPORTING = 4;
  static final int VQ_MAX = 5;

  /** log2 of a balloon page, whatever the guest's pages are. */
  static final int PFN_SHIFT = 12;

  /** Balloon pages a guest page (P). */
  static final int PAGES_PER_PAGE = Page.PAGE_SIZE >> PFN_SHIFT;

  /** Entries of the array in which page numbers travel. */
  static final int PFNS_MAX = 256;

  /** Pause after a failed allocation, ms. */
  static final int RETRY_MS = 200;

  /** Balloon pages that one call for help in memory shortage gives back, and its priority. */
  static final int OOM_PAGES = 256;

  static final int OOM_PRIORITY = 80;

  // free_page_hint_cmd_id; a value from 2 up, unsigned, is a command (UAPI-18).
  static final int CMD_STOP = 0;
  static final int CMD_DONE = 1;

  /** Whether the id is a round of hinting to begin. */
  static boolean isCommand(int id) {
    return Integer.compareUnsigned(id, 2) >= 0;
  }
}
