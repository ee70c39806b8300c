package aerostat.guest.balloon;

/**
 * What a driver variant does with a hinting command: the point at which variants differ. {@link
 * FreePageHinting} has read the id and calls in the hint work item; {@link HintChannel} helps to
 * talk to the device. Ops interface; variants are entered in {@link BalloonVariants}.
 */
interface HintStrategy {
  /** Begins: called once at probe, before DRIVER_OK. */
  void attach(Hinting h);

  /** Ends: no command comes any more and the device is reset; gives back all it holds. */
  void detach(Hinting h);

  /** A new command: ids are compared as unsigned, this one is 2 or more. */
  void command(Hinting h, int id);

  /** The device is done with migration: what is held can be released. */
  void done(Hinting h);

  /** The device has used a buffer that the strategy added. Under the hinting lock. */
  void used(Hinting h, long token);
}
