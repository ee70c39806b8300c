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
  RESUME_BOTH("resume-both");

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
