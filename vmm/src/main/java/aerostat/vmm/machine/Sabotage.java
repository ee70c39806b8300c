package aerostat.vmm.machine;

import java.util.Arrays;

/**
 * Errors that a test run plants to see that the checks catch them; off unless the system property
 * {@value #PROPERTY} names them (comma-separated). Read when a machine is built and a migration
 * begins, never on a fast path.
 */
public enum Sabotage {
  /** Each sync loses one freshly dirty page in a thousand, and at least one. */
  LOSE_DIRTY_MARK("lose-dirty-mark"),
  /** Hints of an earlier migration are applied again. */
  STALE_HINT("stale-hint"),
  /** A page that should be sent is skipped. */
  SKIP_PAGE("skip-page"),
  /** Both sides resume after a handover. */
  RESUME_BOTH("resume-both"),
  /** The log begins when hints have come already (against MIG-21). */
  LOG_AFTER_HINTS("log-after-hints"),
  /** A hint clears the log as well as the bitmap (MIG-24). */
  HINT_CLEARS_LOG("hint-clears-log"),
  /** The device takes hints under any command id (against MIG-22). */
  ACCEPT_STALE_ID("accept-stale-id"),
  /** A hint in mid-processing outlasts the stop (against MIG-23). */
  STOP_WITHOUT_LOCK("stop-without-lock"),
  /** Hinted pages are given back to the host (against MIG-26). */
  DISCARD_HINTS("discard-hints"),
  /** The last harvest leaves the free set as it is. */
  KEEP_FREE_SET("keep-free-set"),
  /** A destination's channels do not wait for each other at the end of a round. */
  NO_BARRIER("no-barrier");

  /** The system property. */
  public static final String PROPERTY = "aerostat.sabotage";

  private final String word;

  Sabotage(String word) {
    this.word = word;
  }

  /** The word that names it in the property. */
  public String word() {
    return word;
  }

  /** Whether the property asks for this error now. */
  public boolean planned() {
    String property = System.getProperty(PROPERTY, "");
    return !property.isEmpty() && Arrays.asList(property.split(",")).contains(word);
  }
}
