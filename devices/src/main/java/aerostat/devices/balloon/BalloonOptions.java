package aerostat.devices.balloon;

/**
 * What the balloon offers; QEMU's property names on the command line. Stats are always offered, as
 * by QEMU.
 */
public record BalloonOptions(
    boolean freePageHint, boolean freePageReporting, boolean pagePoison, boolean deflateOnOom) {
  public static final BalloonOptions DEFAULT = new BalloonOptions(true, false, false, false);
}
