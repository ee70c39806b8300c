package aerostat.guest.balloon;

/** A variant that holds the blocks it hints until the device says DONE (HINT-09). Ops interface. */
public interface HoldingVariant extends HintVariant {
  @Override
  default void hintAttach(Hinting h) {
    HeldBlocks.attach(h);
  }

  @Override
  default void hintQuiesce(Hinting h) {
    HeldBlocks.quiesce(h);
  }

  @Override
  default void hintDetach(Hinting h) {
    HeldBlocks.detach(h);
  }

  @Override
  default void command(Hinting h, int id) {
    HeldBlocks.command(h, id);
  }

  @Override
  default void done(Hinting h) {
    HeldBlocks.releaseAll(h);
  }

  @Override
  default void used(Hinting h, long token) {
    HeldBlocks.used(h, token);
  }
}
