package aerostat.devices.balloon;

/**
 * What the balloon offers; QEMU's property names on the command line. Statistics are always
 * offered, as by QEMU.
 *
 * @param freePageHint offer FREE_PAGE_HINT
 * @param freePageReporting not built yet: the device refuses it
 * @param pagePoison not built yet: the device refuses it
 * @param deflateOnOom offer DEFLATE_ON_OOM
 */
public record BalloonOptions(
    boolean freePageHint, boolean freePageReporting, boolean pagePoison, boolean deflateOnOom) {
  public static final BalloonOptions DEFAULT = new BalloonOptions(true, false, false, false);
}
