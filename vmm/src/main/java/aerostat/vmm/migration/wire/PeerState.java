package aerostat.vmm.migration.wire;

/** What a side answers when asked what it is to a guest. */
public enum PeerState {
  /** It holds and may run the guest. */
  OWNER(1),
  /** A destination that has the whole guest, paused, and neither runs nor discards it. */
  WAITING(2),
  /** It has no such guest, and never will; an earlier process in its place may have had it. */
  UNKNOWN(3),
  /** A source that gave the guest away and has not heard yet that it runs. */
  GIVEN(4),
  /** A source that took the guest back before it was given. */
  ABORTED(5),
  /** A destination that had the guest, never ran it, and will not. */
  DISCARDED(6);

  private final int number;

  PeerState(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }

  static PeerState of(int number) throws MigrationStreamException {
    for (PeerState state : values()) {
      if (state.number == number) {
        return state;
      }
    }
    throw new MigrationStreamException("ANSWER: unknown state " + number);
  }
}
