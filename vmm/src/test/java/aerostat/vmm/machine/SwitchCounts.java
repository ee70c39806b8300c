package aerostat.vmm.machine;

import aerostat.devices.balloon.HintStatus;

/** Where in its rounds of hints a guest was each time it went. For one thread. */
final class SwitchCounts {
  private int switches;
  private int before;
  private int between;
  private int over;
  private int second;
  private int hinted;
  private long pages;

  /**
   * A guest goes.
   *
   * @param status of its balloon
   * @param again whether it was asked a second time
   */
  void goes(HintStatus status, boolean again) {
    switches++;
    switch (status) {
      case REQUESTED -> before++;
      case START -> between++;
      case STOP -> over++;
      case DONE -> throw new AssertionError("no hints were asked for");
    }
    second += again ? 1 : 0;
  }

  /** It has come. */
  void came(long hintedPages) {
    hinted += hintedPages > 0 ? 1 : 0;
    pages += hintedPages;
  }

  void add(SwitchCounts other) {
    switches += other.switches;
    before += other.before;
    between += other.between;
    over += other.over;
    second += other.second;
    hinted += other.hinted;
    pages += other.pages;
  }

  int switches() {
    return switches;
  }

  /** Hints were coming. */
  int between() {
    return between;
  }

  /** All hints had come. */
  int over() {
    return over;
  }

  /** In a second round of hints. */
  int second() {
    return second;
  }

  /** Pages were still hinted on the new side. */
  int hinted() {
    return hinted;
  }

  @Override
  public String toString() {
    return "%d before the first hint, %d between hints, %d after the last; %d in a second round; "
            .formatted(before, between, over, second)
        + "%d with hinted pages, %d in all".formatted(hinted, pages);
  }
}
