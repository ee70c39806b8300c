package aerostat.tools.explore;

import aerostat.vmm.machine.Machine;
import aerostat.vmm.migration.SteppedMigration;
import org.jspecify.annotations.Nullable;

/** Does the migration's steps, of one migration after the other. */
final class Mover {
  private final Setting setting;
  private final Machine machine;
  private final GuestPages pages;
  private final boolean whole;
  private @Nullable SteppedMigration current;

  /**
   * @param whole the last migration will be handed over
   */
  Mover(Setting setting, Machine machine, GuestPages pages, boolean whole) {
    this.setting = setting;
    this.machine = machine;
    this.pages = pages;
    this.whole = whole;
  }

  /** Whether the block's first page has its bit; false before any migration. */
  boolean dirty(int block) {
    return current != null && current.isDirty(pages.index(block));
  }

  /** The migration that began last. */
  SteppedMigration migration() {
    SteppedMigration known = current;
    if (known == null) {
      throw new IllegalStateException("no migration has begun");
    }
    return known;
  }

  /** Any step of the migration but the last one, which needs a vCPU that rests. */
  void step(Step step) {
    if (step.kind() == Step.Kind.BEGIN) {
      current =
          new SteppedMigration(
              machine, whole, setting.course().ending(), setting.planted()::contains);
    }
    SteppedMigration m = migration();
    long from = step.block() < 0 ? 0 : pages.index(step.block());
    switch (step.kind()) {
      case BEGIN -> m.begin();
      case ASK -> m.askForHints();
      case LOG -> m.hintsCame();
      case CLEAR -> m.take(from, from + GuestPages.PER_BLOCK);
      case SEND -> m.flush();
      case STOP -> m.stopHints();
      case SYNC -> m.sync();
      case CANCEL -> m.cancel();
      default -> throw new IllegalArgumentException(step.toString());
    }
  }
}
