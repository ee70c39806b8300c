package aerostat.mmio.virtio;

/** Register offsets of virtio-mmio, versions 1 (legacy) and 2. */
public final class MmioRegisters {
  private MmioRegisters() {}

  public static final int MAGIC_VALUE = 0x000;
  public static final int VERSION = 0x004;
  public static final int DEVICE_ID = 0x008;
  public static final int VENDOR_ID = 0x00c;
  public static final int DEVICE_FEATURES = 0x010;
  public static final int DEVICE_FEATURES_SEL = 0x014;
  public static final int DRIVER_FEATURES = 0x020;
  public static final int DRIVER_FEATURES_SEL = 0x024;

  /** Version 1: bytes of the pages that QueuePFN counts. */
  public static final int GUEST_PAGE_SIZE = 0x028;

  public static final int QUEUE_SEL = 0x030;
  public static final int QUEUE_SIZE_MAX = 0x034;
  public static final int QUEUE_SIZE = 0x038;

  /** Version 1: alignment of the used ring in bytes. */
  public static final int QUEUE_ALIGN = 0x03c;

  /** Version 1: page number of the queue, 0 while it is not in use. */
  public static final int QUEUE_PFN = 0x040;

  public static final int QUEUE_READY = 0x044;
  public static final int QUEUE_NOTIFY = 0x050;
  public static final int INTERRUPT_STATUS = 0x060;
  public static final int INTERRUPT_ACK = 0x064;
  public static final int STATUS = 0x070;
  public static final int QUEUE_DESC_LOW = 0x080;
  public static final int QUEUE_DESC_HIGH = 0x084;
  public static final int QUEUE_DRIVER_LOW = 0x090;
  public static final int QUEUE_DRIVER_HIGH = 0x094;
  public static final int QUEUE_DEVICE_LOW = 0x0a0;
  public static final int QUEUE_DEVICE_HIGH = 0x0a4;
  public static final int SHM_SEL = 0x0ac;
  public static final int SHM_LEN_LOW = 0x0b0;
  public static final int SHM_LEN_HIGH = 0x0b4;
  public static final int SHM_BASE_LOW = 0x0b8;
  public static final int SHM_BASE_HIGH = 0x0bc;
  public static final int QUEUE_RESET = 0x0c0;
  public static final int CONFIG_GENERATION = 0x0fc;
  public static final int CONFIG = 0x100;

  public static final int MAGIC = 0x74726976;
  public static final int VERSION_1 = 1;
  public static final int VERSION_2 = 2;

  /** "AERO", little-endian: no vendor has it. */
  public static final int VENDOR = 0x4f524541;

  /** Bytes of a device's window. */
  public static final int WINDOW = 0x1000;

  /** A register's name for traces, or its offset in hex. */
  public static String name(long offset) {
    return switch ((int) Math.min(offset, Integer.MAX_VALUE)) {
      case MAGIC_VALUE -> "MagicValue";
      case VERSION -> "Version";
      case DEVICE_ID -> "DeviceID";
      case VENDOR_ID -> "VendorID";
      case DEVICE_FEATURES -> "DeviceFeatures";
      case DEVICE_FEATURES_SEL -> "DeviceFeaturesSel";
      case DRIVER_FEATURES -> "DriverFeatures";
      case DRIVER_FEATURES_SEL -> "DriverFeaturesSel";
      case GUEST_PAGE_SIZE -> "GuestPageSize";
      case QUEUE_SEL -> "QueueSel";
      case QUEUE_SIZE_MAX -> "QueueSizeMax";
      case QUEUE_SIZE -> "QueueSize";
      case QUEUE_ALIGN -> "QueueAlign";
      case QUEUE_PFN -> "QueuePFN";
      case QUEUE_READY -> "QueueReady";
      case QUEUE_NOTIFY -> "QueueNotify";
      case INTERRUPT_STATUS -> "InterruptStatus";
      case INTERRUPT_ACK -> "InterruptACK";
      case STATUS -> "Status";
      case QUEUE_DESC_LOW -> "QueueDescLow";
      case QUEUE_DESC_HIGH -> "QueueDescHigh";
      case QUEUE_DRIVER_LOW -> "QueueDriverLow";
      case QUEUE_DRIVER_HIGH -> "QueueDriverHigh";
      case QUEUE_DEVICE_LOW -> "QueueDeviceLow";
      case QUEUE_DEVICE_HIGH -> "QueueDeviceHigh";
      case SHM_SEL -> "SHMSel";
      case QUEUE_RESET -> "QueueReset";
      case CONFIG_GENERATION -> "ConfigGeneration";
      default -> "0x" + Long.toHexString(offset);
    };
  }
}
