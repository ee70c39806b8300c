package aerostat.vmm.migration.source;

/** When the rounds end and the guest is stopped. For the migration's thread; times in ns. */
interface SwitchoverRule {
  /** A migration begins to send. */
  void begin(long now);

  /**
   * Asked while a round is under way.
   *
   * @param remaining pages still dirty, by the bitmap as it is
   * @param bytes sent so far
   * @return whether the round should end here, for a sync
   */
  boolean syncNow(long remaining, long bytes, long now);

  /**
   * Asked after the sync that ended a round.
   *
   * @param before pages that were dirty when the round began
   * @param remaining pages dirty now
   * @param bytes sent so far
   */
  boolean complete(long before, long remaining, long bytes, long now);

  /** Forecast of the pause for so many pages, ms; {@link Long#MAX_VALUE} if not known. */
  long downtimeMillis(long remaining);
}
