package aerostat.vmm.migration.wire;

/** Sizes that both sides agree on; each bounds what one message may cost its reader. */
public final class WireLimits {
  private WireLimits() {}

  /**
   * Version that this build speaks: 2 brought channels, {@code SETUP} with their number, and {@code
   * TIMES}. It also reads the one before, and answers in it.
   */
  public static final int VERSION = 2;

  /** Oldest version that this build accepts. */
  static final int OLDEST_VERSION = Math.max(1, VERSION - 1);

  /** Runs of data pages in one PAGES message. */
  public static final int MAX_RUNS = 256;

  /** Pages of data in one PAGES message: 1 MiB. */
  public static final int MAX_DATA_PAGES = 256;

  /** Ranges in one ZERO or OWNERS message. */
  public static final int MAX_RANGES = 4096;

  /** The flat state, bytes. */
  public static final int MAX_STATE_BYTES = 4 << 20;

  /** The image, bytes. */
  public static final int MAX_IMAGE_BYTES = 64 << 20;

  /** Channels beside the main one. */
  public static final int MAX_CHANNELS = 16;

  /** Pages whose checksums one VERIFY message carries. */
  public static final int VERIFY_PAGES = 64 << 10;

  /** Largest guest, bytes. */
  public static final long MAX_MEMORY_BYTES = 256L << 30;
}
