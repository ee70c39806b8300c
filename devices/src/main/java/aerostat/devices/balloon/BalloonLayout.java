package aerostat.devices.balloon;

import aerostat.mmio.virtio.Virtio;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Numbers of the balloon device: features, config space, payloads, and its slice of the state. */
final class BalloonLayout {
  static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

  static final int DEVICE_ID = 5; // UAPI-01

  // Feature bits (A.1).
  static final long F_STATS_VQ = 1L << 1;
  static final long F_DEFLATE_ON_OOM = 1L << 2;
  static final long F_FREE_PAGE_HINT = 1L << 3;
  static final long F_PAGE_POISON = 1L << 4;
  static final long F_REPORTING = 1L << 5;

  /**
   * Ours: a driver that accepts it takes no part in ballooning; targets are refused, statistics and
   * hints still work. Of the bits that belong to the device type it is the lowest above the ones
   * that the specification hands out from 0 up; 24 to 49 belong to transport and queues (34 is
   * RING_PACKED).
   */
  static final long F_NO_BALLOON = 1L << 50;

  // Config space (A.3).
  static final int CONFIG_NUM_PAGES = 0;
  static final int CONFIG_ACTUAL = 4;
  static final int CONFIG_HINT_COMMAND = 8;
  static final int CONFIG_POISON = 12;

  // Command ids (A.5); every value from 2 up, unsigned, is a real command.
  static final int COMMAND_STOP = 0;
  static final int COMMAND_DONE = 1;
  static final int COMMAND_MIN = 0x8000_0000;

  static final int PFN_BYTES = 4;
  static final int PFN_SHIFT = 12; // whatever the guest's page size
  static final int STAT_BYTES = 10;
  static final int STATS = 16; // UAPI-16

  /**
   * Longest page number array taken in one element: a thousand times what Linux sends. More would
   * let one element hold the machine lock for seconds.
   */
  static final int MAX_PFN_ARRAY_BYTES = 1 << 20;

  /** Longest bitmap taken in one element of a page queue: of as many pages, 1 GiB of memory. */
  static final int MAX_PAGE_BITMAP_BYTES = MAX_PFN_ARRAY_BYTES / PFN_BYTES / 8;

  /** Bytes of a statistics buffer that are looked at; 16 known entries need 160. */
  static final int MAX_STATS_BYTES = 4096;

  // Slice of the flat state.
  static final int LAYOUT_VERSION = 3;
  static final int NUM_PAGES = 0;
  static final int ACTUAL = 4;

  /** {@code ACTUAL} as last told to listeners. */
  static final int ANNOUNCED_ACTUAL = 8;

  static final int HINT_STATUS = 12;
  static final int HINT_COMMAND = 16;

  /** Head of the statistics buffer that the device holds, plus 1; 0 = none. */
  static final int STATS_HELD = 20;

  /** Seconds; 0 = off. */
  static final int STATS_INTERVAL = 24;

  /** Byte pattern of the guest's free pages; 0 unless PAGE_POISON was negotiated (POISON-12). */
  static final int POISON_VAL = 28;

  /** u64, guest ns; {@code Long.MAX_VALUE} = not armed. */
  static final int STATS_DEADLINE = 32;

  /** u64, wall clock seconds; 0 = never. */
  static final int STATS_LAST_UPDATE = 40;

  /** 16 times u64; all ones = not reported. */
  static final int STATS_VALUES = 48;

  /** Head of the driver's request buffer that the device holds, plus 1; 0 = none. */
  static final int FREE_PAGES_HELD = STATS_VALUES + 8 * STATS;

  /** {@link FreePagesMachine#ALL_FLAGS}. */
  static final int FREE_PAGES_FLAGS = FREE_PAGES_HELD + 4;

  /** u64, guest-physical address of the buffer that is held. */
  static final int FREE_PAGES_GPA = FREE_PAGES_FLAGS + 4;

  /** u64, id of the last request. */
  static final int FREE_PAGES_ID = FREE_PAGES_GPA + 8;

  /** 1 once a statistics buffer came on the queue as it is set up, else 0 (STATS-03). */
  static final int STATS_CAME = FREE_PAGES_ID + 8;

  /** u64 each, in the order of {@link BalloonCounter}. */
  static final int COUNTERS = STATS_CAME + 8;

  static final int BYTES = COUNTERS + 8 * BalloonCounter.values().length;

  private BalloonLayout() {}

  /** Config size by what is offered (UAPI-11). */
  static int configSize(long offered) {
    if ((offered & F_PAGE_POISON) != 0) {
      return 16;
    }
    return (offered & F_FREE_PAGE_HINT) != 0 ? 12 : 8;
  }

  /** What the transport is to offer. */
  static long transportOptions(BalloonOptions options) {
    return bit(options, BalloonProperty.INDIRECT_DESC, Virtio.F_INDIRECT_DESC)
        | bit(options, BalloonProperty.EVENT_IDX, Virtio.F_EVENT_IDX)
        | bit(options, BalloonProperty.PACKED, Virtio.F_RING_PACKED)
        | bit(options, BalloonProperty.IN_ORDER, Virtio.F_IN_ORDER)
        | bit(options, BalloonProperty.QUEUE_RESET, Virtio.F_RING_RESET)
        | bit(options, BalloonProperty.NOTIFICATION_DATA, Virtio.F_NOTIFICATION_DATA);
  }

  private static long bit(BalloonOptions options, BalloonProperty property, long feature) {
    return options.has(property) ? feature : 0;
  }

  static long offered(BalloonOptions options) {
    long bits = F_STATS_VQ | F_NO_BALLOON;
    for (BalloonProperty property : options.properties()) {
      bits |= feature(property);
    }
    return bits;
  }

  /** The feature that a property offers; 0 for those that offer none. */
  private static long feature(BalloonProperty property) {
    return switch (property) {
      case FREE_PAGE_HINT -> F_FREE_PAGE_HINT;
      case FREE_PAGE_REPORTING -> F_REPORTING;
      case PAGE_POISON -> F_PAGE_POISON;
      case DEFLATE_ON_OOM -> F_DEFLATE_ON_OOM;
      case GET_FREE_PAGES -> FreePagesLayout.F_GET_FREE_PAGES;
      case REQUEST_ID -> FreePagesLayout.F_REQUEST_ID;
      case DROP_LOCK -> FreePagesLayout.F_DROP_LOCK;
      case PAGE_BITMAP -> FreePagesLayout.F_PAGE_BITMAP;
      case INFLATE_DEFLATE -> FreePagesLayout.F_INFLATE_DEFLATE;
      case DISCARD_FREE_PAGES, CLEAN_FREE_PAGES, SCRIBBLE_REPORTED -> 0;
      case INDIRECT_DESC, EVENT_IDX, PACKED, IN_ORDER, QUEUE_RESET, NOTIFICATION_DATA -> 0;
    };
  }

  /** Whether features that build on each other were accepted together. */
  static boolean consistent(long features) {
    return implies(features, FreePagesLayout.F_REQUEST_ID, FreePagesLayout.F_GET_FREE_PAGES)
        && implies(features, FreePagesLayout.F_DROP_LOCK, FreePagesLayout.F_REQUEST_ID)
        && implies(features, FreePagesLayout.F_INFLATE_DEFLATE, FreePagesLayout.F_PAGE_BITMAP);
  }

  private static boolean implies(long features, long feature, long needed) {
    return (features & feature) == 0 || (features & needed) != 0;
  }
}
