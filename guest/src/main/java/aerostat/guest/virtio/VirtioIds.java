package aerostat.guest.virtio;

/** Numbers of the virtio standard: device status (2.1) and the feature bits common to all (6). */
public final class VirtioIds {
  private VirtioIds() {}

  /** DeviceID of the traditional memory balloon (UAPI-01). */
  public static final int ID_BALLOON = 5;

  public static final int STATUS_ACKNOWLEDGE = 1;
  public static final int STATUS_DRIVER = 2;
  public static final int STATUS_DRIVER_OK = 4;
  public static final int STATUS_FEATURES_OK = 8;
  public static final int STATUS_NEEDS_RESET = 64;
  public static final int STATUS_FAILED = 128;

  /** Without VERSION_1: the device takes buffers however they are cut. */
  public static final int F_ANY_LAYOUT = 27;

  public static final int F_INDIRECT_DESC = 28;
  public static final int F_EVENT_IDX = 29;
  public static final int F_VERSION_1 = 32;
  public static final int F_ACCESS_PLATFORM = 33;
  public static final int F_RING_PACKED = 34;
  public static final int F_IN_ORDER = 35;
  public static final int F_NOTIFICATION_DATA = 38;
  public static final int F_RING_RESET = 40;

  /** First and one past the last bit that the transport, not the device type, gives a meaning. */
  public static final int F_TRANSPORT_START = 28;

  public static final int F_TRANSPORT_END = 42;

  /** The mask of one feature bit, 0 to 63. */
  public static long bit(int feature) {
    return 1L << feature;
  }
}
