package aerostat.vmm.migration.faults;

/** The legal ends of a migration, S the source and D the destination. */
public enum EndState {
  MOVED("S completed, D runs"),
  STAYED("S runs, D has nothing"),
  SOURCE_DEAD_MOVED("S killed, D runs"),
  SOURCE_DEAD_CLAIMED("S killed, D waited; runs after a claim by force"),
  SOURCE_DEAD_LOST("S killed with the guest; D runs nothing"),
  DESTINATION_DEAD_STAYED("D killed, S runs"),
  DESTINATION_DEAD_CLAIMED("D killed before it ran, S given; runs after a claim"),
  DESTINATION_DEAD_LOST("D killed with the guest; S runs nothing"),
  BOTH_DEAD("both killed"),
  /** Not legal; the note says why. */
  ILLEGAL("ILLEGAL");

  private final String words;

  EndState(String words) {
    this.words = words;
  }

  /** For tables. */
  public String words() {
    return words;
  }
}
