package aerostat.vmm.migration.source;

import aerostat.mmio.memory.PageBitmap;
import aerostat.vmm.machine.Sabotage;
import aerostat.vmm.migration.control.MigrationParameters;
import aerostat.vmm.migration.control.MigrationStats;
import aerostat.vmm.migration.pages.DirtyPages;
import org.jspecify.annotations.Nullable;

/**
 * What a source does while the destination builds its machine: log and bitmap, the first sync, a
 * look for memory that nobody touched, and the request for hints, which take the guest longer than
 * the destination needs.
 *
 * @param dirty the migration's bitmap
 * @param untouched pages that need no look; null: each page is read
 * @param hints whether hints may come
 */
record Opening(DirtyPages dirty, @Nullable PageBitmap untouched, boolean hints) {
  /** Begins; whoever gives up afterwards ends the hints as well ({@link SwitchOver#back}). */
  static Opening begin(
      DirtyPages dirty, SwitchOver switchOver, MigrationParameters p, MigrationStats stats) {
    stats.enters("begin");
    stats.sources(dirty::remaining, dirty::hinted);
    if (p.hinting() && !p.sabotaged(Sabotage.LOG_AFTER_HINTS)) {
      dirty.beginWithHinted();
    } else {
      dirty.begin();
    }
    switchOver.beforeSync();
    stats.synced(dirty.sync());
    stats.enters("untouched");
    PageBitmap untouched = p.skipUntouched() ? dirty.untouched() : null;
    boolean hints =
        switchOver.askForHints(dirty, dirty.remainingBut(untouched), p.switchoverOfQemu());
    return new Opening(dirty, untouched, hints);
  }
}
