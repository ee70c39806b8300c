package aerostat.tools.explore;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.devices.balloon.BalloonProperty;
import aerostat.vmm.machine.Machine;

/**
 * The machine of a setting: as little memory as shows what there is to see.
 *
 * @param blocks of 4 MiB that can be hinted, beside the kernel's own memory
 * @param append the guest's command line
 * @param balloon what the device offers
 * @param inflated bytes in the balloon from the beginning
 */
record SmallMachine(int blocks, String append, BalloonOptions balloon, long inflated) {
  private static final String VARIANT = "virtio_balloon.variant=";
  private static final String PAGE_POISON = "page_poison=1";

  /** Bytes of a block. */
  static final long BLOCK = 4L << 20;

  /** The guest as it is. */
  static final SmallMachine PLAIN = new SmallMachine(1, "", BalloonOptions.DEFAULT, 0);

  /**
   * Linux 4.20's driver, whose shrinker gives blocks back that the device has not used yet
   * (HINT-12). It counts pages in the balloon only, so there have to be some (HFIX-05).
   */
  static final SmallMachine MERGED_420 =
      new SmallMachine(
          1,
          VARIANT + "merged-4.20",
          BalloonOptions.DEFAULT.with(BalloonProperty.DEFLATE_ON_OOM, true),
          64 << 10);

  /** The walk of the v28 series. */
  static final SmallMachine WALK_V28 =
      new SmallMachine(1, VARIANT + "walk-v28", BalloonOptions.DEFAULT, 0);

  /** The same with another number of blocks. */
  SmallMachine blocks(int newBlocks) {
    return new SmallMachine(newBlocks, append, balloon, inflated);
  }

  /** The same with a guest that fills free pages, and looks at them when they are allocated. */
  SmallMachine withPoison() {
    return new SmallMachine(
        blocks,
        (append + " " + PAGE_POISON).strip(),
        balloon.with(BalloonProperty.PAGE_POISON, true),
        inflated);
  }

  /** Whether its driver is this variant. */
  boolean runs(String variant) {
    return append.contains(VARIANT + variant);
  }

  boolean poisoned() {
    return append.contains(PAGE_POISON);
  }

  /** The kernel takes the first block of RAM for what it has at boot, and one for what it makes. */
  long memory() {
    return BLOCK * (2 + blocks);
  }

  /**
   * Brings a machine to where the setting begins; machine lock held.
   *
   * @return false: the guest has to run for it, then ask again
   */
  boolean prepare(Machine machine) {
    long wanted = memory() - inflated;
    if (machine.balloon().actualBytes() == wanted) {
      return true;
    }
    machine.balloon().setTarget(wanted);
    return false;
  }
}
