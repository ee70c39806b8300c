package aerostat.vmm.migration.pages;

import aerostat.devices.balloon.HintErrors;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import aerostat.vmm.machine.Sabotage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Predicate;

/**
 * Errors of {@link Sabotage} at the dirty bitmap, for test builds; does nothing otherwise. One per
 * {@code MigrationService}, for a stale hint needs a memory of earlier migrations. For the thread
 * of the migration, but for {@link #hinted}.
 */
public final class PlantedErrors {
  private static final int LOSE_ONE_IN = 1000;
  private static final int MAX_HINTS = 65536;
  private static final long SEED = 4711;

  private final SplittableRandom random = new SplittableRandom(SEED);
  private final List<long[]> thisTime = new ArrayList<>();
  private List<long[]> lastTime = List.of();
  private boolean loseMarks;
  private boolean stale;
  private boolean logsLate;
  private boolean hintClearsLog;
  private boolean keepsFree;
  private HintErrors hintErrors = HintErrors.NONE;

  /** A migration begins; what is planted holds until the next. */
  public synchronized void begin(Predicate<Sabotage> planned) {
    loseMarks = planned.test(Sabotage.LOSE_DIRTY_MARK);
    stale = planned.test(Sabotage.STALE_HINT);
    logsLate = planned.test(Sabotage.LOG_AFTER_HINTS);
    hintClearsLog = planned.test(Sabotage.HINT_CLEARS_LOG);
    keepsFree = planned.test(Sabotage.KEEP_FREE_SET);
    hintErrors =
        new HintErrors(
            planned.test(Sabotage.ACCEPT_STALE_ID),
            planned.test(Sabotage.STOP_WITHOUT_LOCK),
            planned.test(Sabotage.DISCARD_HINTS));
    lastTime = thisTime.isEmpty() ? lastTime : List.copyOf(thisTime);
    thisTime.clear();
  }

  /** Whether {@link #harvest} takes the place of the right one. */
  synchronized boolean losesMarks() {
    return loseMarks;
  }

  /** Whether the log begins only after the first hints. */
  public synchronized boolean logsLate() {
    return logsLate;
  }

  /** Whether the last harvest leaves the free set as it is. */
  synchronized boolean keepsFree() {
    return keepsFree;
  }

  /** Those in the device's hands. */
  synchronized HintErrors hintErrors() {
    return hintErrors;
  }

  /** As {@link GuestMemory#harvest}, but one new page in a thousand is lost, and at least one. */
  synchronized long harvest(GuestMemory memory, PageBitmap into) {
    PageBitmap found = new PageBitmap(into.pages());
    memory.harvest(found);
    found.andNot(into);
    long fresh = found.cardinality();
    for (long left = (fresh + LOSE_ONE_IN - 1) / LOSE_ONE_IN; left > 0; left--) {
      long page = found.nextSet(random.nextLong(found.pages()));
      found.testAndClear(page >= 0 ? page : found.nextSet(0));
    }
    into.or(found);
    return fresh;
  }

  /** Pages [from, to) are hinted under a command id of the running migration. */
  synchronized void hinted(GuestMemory memory, long from, long to) {
    if (hintClearsLog) {
      Arrays.fill(memory.dirtyLog().cards(), (int) from, (int) to, (byte) 0);
    }
    if (stale && thisTime.size() < MAX_HINTS) {
      thisTime.add(new long[] {from, to});
    }
  }

  /** After a sync: the hints of an earlier migration, whose pages the guest has long reused. */
  synchronized void applyStaleHints(PageBitmap bits) {
    if (stale) {
      lastTime.forEach(range -> bits.clearRange(range[0], range[1]));
    }
  }
}
