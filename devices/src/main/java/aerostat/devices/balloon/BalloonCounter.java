package aerostat.devices.balloon;

/** What the balloon counts; part of its state, so the numbers move with the guest. */
public enum BalloonCounter {
  /** Page numbers of inflate elements that were discarded. */
  PAGES_INFLATED,
  PAGES_DEFLATED,
  /** Page numbers outside writable RAM (DEV-02). */
  PAGES_IGNORED,
  /** Inflate elements acknowledged without effect while discards are inhibited (DEV-03). */
  ELEMENTS_INHIBITED,
  /** Deflated page numbers that were not in the balloon. */
  DEFLATED_NOT_INFLATED,
  HINT_COMMANDS,
  /** Command buffers of another id, or in a state that does not take them. */
  HINT_COMMANDS_IGNORED,
  /** Ranges that came while hints were taken. */
  HINT_RANGES,
  /** Ranges that came while no hints were taken. */
  HINT_RANGES_IGNORED,
  /** Whole pages of writable RAM in the ranges taken. */
  PAGES_HINTED,
  /** Pages cut off from ranges: the image, or outside RAM (EDGE-50). */
  HINT_PAGES_REFUSED,
  /** Requests for a bitmap of free pages. */
  FREE_PAGES_REQUESTS,
  /** Bitmaps that answered no request, or one of the past. */
  FREE_PAGES_REPLIES_IGNORED,
  /** Pages of reports that were discarded, or scribbled over. */
  PAGES_REPORTED,
  /** Reports acknowledged without effect: the pages are poisoned, or discards are inhibited. */
  REPORTS_SKIPPED,
  /** Segments of reports that are not whole host pages of writable RAM (EDGE-40). */
  REPORT_SEGMENTS_SKIPPED,
  STATS_UPDATES,
  /** Statistics buffers returned because a second one came (DEV-22). */
  STATS_BUFFERS_REFUSED,
  /** Statistics entries with a tag that is not known. */
  STATS_UNKNOWN,
  /** Values of {@code actual} larger than RAM (DEV-10). */
  ACTUAL_CLAMPED
}
