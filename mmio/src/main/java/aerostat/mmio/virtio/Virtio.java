package aerostat.mmio.virtio;

/** Numbers of the virtio specification that both sides of the transport need. */
public final class Virtio {
  private Virtio() {}

  /** Device status bits (register Status). */
  public static final int STATUS_ACKNOWLEDGE = 1;

  public static final int STATUS_DRIVER = 2;
  public static final int STATUS_DRIVER_OK = 4;
  public static final int STATUS_FEATURES_OK = 8;
  public static final int STATUS_NEEDS_RESET = 64;
  public static final int STATUS_FAILED = 128;

  /** Feature bits of the transport; these two over version 1 only. */
  public static final long F_NOTIFY_ON_EMPTY = 1L << 24;

  public static final long F_ANY_LAYOUT = 1L << 27;

  public static final long F_INDIRECT_DESC = 1L << 28;

  public static final long F_EVENT_IDX = 1L << 29;
  public static final long F_VERSION_1 = 1L << 32;
  public static final long F_RING_PACKED = 1L << 34;
  public static final long F_IN_ORDER = 1L << 35;
  public static final long F_NOTIFICATION_DATA = 1L << 38;
  public static final long F_RING_RESET = 1L << 40;

  /** What a device's owner may have the transport offer beside VERSION_1. */
  public static final long TRANSPORT_OPTIONS =
      F_INDIRECT_DESC
          | F_EVENT_IDX
          | F_RING_PACKED
          | F_IN_ORDER
          | F_NOTIFICATION_DATA
          | F_RING_RESET;

  /** Feature bits that belong to the device type: 0-23 and 50-127, of which 64 have a window. */
  public static final long DEVICE_FEATURES_MASK = (1L << 24) - 1 | -1L << 50;

  /** Interrupt status bits. */
  public static final int INTERRUPT_USED = 1;

  public static final int INTERRUPT_CONFIG = 2;

  /** Split ring: descriptor flags. */
  public static final int DESC_NEXT = 1;

  public static final int DESC_WRITE = 2;
  public static final int DESC_INDIRECT = 4;

  /** Packed ring: the two flags that follow the wrap counters. */
  public static final int DESC_AVAIL = 1 << 7;

  public static final int DESC_USED = 1 << 15;

  /** Packed ring: flags of an event suppression structure. */
  public static final int EVENT_ENABLE = 0;

  public static final int EVENT_DISABLE = 1;
  public static final int EVENT_DESC = 2;

  /** Bytes of an event suppression structure. */
  public static final int EVENT_SIZE = 4;

  /** Available ring flag: the driver wants no interrupt. */
  public static final int AVAIL_NO_INTERRUPT = 1;

  /** Used ring flag: the device wants no notification. */
  public static final int USED_NO_NOTIFY = 1;

  public static final int DESC_SIZE = 16;

  /** Largest split ring the specification knows. */
  public static final int MAX_QUEUE_SIZE = 32768;

  public static long descriptorAreaSize(int queueSize) {
    return (long) DESC_SIZE * queueSize;
  }

  public static long driverAreaSize(int queueSize) {
    return 6L + 2L * queueSize;
  }

  public static long deviceAreaSize(int queueSize) {
    return 6L + 8L * queueSize;
  }

  /** Whether an event index lies in old..new-1 modulo 65536. */
  public static boolean eventPassed(int event, int oldIndex, int newIndex) {
    return ((newIndex - event - 1) & 0xffff) < ((newIndex - oldIndex) & 0xffff);
  }

  /**
   * Packed ring: whether the slot and wrap counter of an event suppression structure lie in the
   * slots from {@code old} on, so many as are given.
   */
  public static boolean packedEventPassed(int event, int old, int slots, int queueSize) {
    int distance = (event & 0x7fff) - (old & 0x7fff);
    if (((event ^ old) & 0x8000) != 0) {
      distance += queueSize;
    }
    return distance >= 0 && distance < slots;
  }
}
