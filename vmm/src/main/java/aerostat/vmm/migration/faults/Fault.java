package aerostat.vmm.migration.faults;

import java.util.Locale;

/**
 * One thing that goes wrong, once, at the first moment that matches.
 *
 * @param way direction of the bytes that are counted
 * @param unit what is counted
 * @param index of the message or byte, over all connections of the plan; the fault strikes before
 *     it is delivered
 */
public record Fault(Kind kind, Way way, Unit unit, int index) {
  /** What happens. */
  public enum Kind {
    /** The connection breaks; a new one may be made at once. */
    CUT,
    /** SIGKILL of the source's process. */
    KILL_SOURCE,
    /** SIGKILL of the destination's process. */
    KILL_DESTINATION,
    /** As KILL_DESTINATION; a process without the guest listens at the same address afterwards. */
    RESTART_DESTINATION,
    /** The rest of the bytes comes some milliseconds later. */
    DELAY,
    /** {@code migrate_cancel} at the source. */
    CANCEL,
    /** {@code x-migrate-claim} without force at the source. */
    CLAIM_SOURCE,
    /** {@code x-migrate-claim} without force at the destination. */
    CLAIM_DESTINATION
  }

  /** A direction. */
  public enum Way {
    TO_DESTINATION,
    TO_SOURCE
  }

  /** What an index counts. */
  public enum Unit {
    /** Messages from the first of that way on: SETUP, or ACCEPT. */
    MESSAGE,
    /** Bytes of the handover's messages of that way: from FINAL, or READY, on. */
    BYTE
  }

  @Override
  public String toString() {
    return "%s before %s %d %s"
        .formatted(
            kind.name().toLowerCase(Locale.ROOT).replace('_', '-'),
            unit == Unit.MESSAGE ? "message" : "handover byte",
            index,
            way == Way.TO_DESTINATION ? "to the destination" : "to the source");
  }
}
