package aerostat.mmio.virtio;

import aerostat.mmio.state.StateRefusedException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The transport's part of the flat state: registers, then a block for each queue. There is no other
 * copy of these values.
 */
final class TransportState {
  static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

  static final int LAYOUT_VERSION = 2;

  // Registers.
  static final int STATUS = 0;
  static final int DEVICE_FEATURES_SEL = 4;
  static final int DRIVER_FEATURES_SEL = 8;
  static final int QUEUE_SEL = 12;

  /** u64: as the driver writes them, already masked with the offer (UAPI-03). */
  static final int DRIVER_FEATURES = 16;

  /** u64: in force since FEATURES_OK (MMIO-06), 0 before. */
  static final int FEATURES = 24;

  static final int INTERRUPT_STATUS = 32;
  static final int GENERATION = 36;
  static final int SHM_SEL = 40;

  /** Version 1's GuestPageSize, as written. Like the counters it outlives a device reset. */
  static final int GUEST_PAGE_SIZE = 44;

  /** u64 counters. */
  static final int WRONG_ACCESSES = 48;

  static final int VIOLATIONS = 56;
  static final int INTERRUPTS = 64;
  static final int NOTIFICATIONS = 72;

  static final int QUEUES = 80;

  // A queue's block.
  static final int QUEUE_SIZE = 0;
  static final int QUEUE_READY = 4;
  static final int QUEUE_DESC = 8;
  static final int QUEUE_DRIVER = 16;
  static final int QUEUE_DEVICE = 24;
  static final int QUEUE_LAST_AVAIL = 32;
  static final int QUEUE_USED = 36;
  static final int QUEUE_IN_FLIGHT = 40;

  /** 1 while the device asks for no notifications. */
  static final int QUEUE_QUIET = 44;

  /** Version 1's QueueAlign, as written. */
  static final int QUEUE_ALIGN = 48;

  static final int QUEUE_BYTES = 56;

  private TransportState() {}

  static int bytes(int queues) {
    return QUEUES + queues * QUEUE_BYTES;
  }

  static int queue(int index) {
    return QUEUES + index * QUEUE_BYTES;
  }

  static void increment(MemorySegment state, int counter) {
    state.set(U64, counter, state.get(U64, counter) + 1);
  }

  /** Refuses registers that no run of either version could have left behind. */
  static void check(String name, MemorySegment state) {
    int status = state.get(U32, STATUS);
    require(name, "status", (status & ~VirtioMmioTransport.STATUS_KNOWN) == 0, status);
    int interrupts = state.get(U32, INTERRUPT_STATUS);
    require(name, "interrupt status", (interrupts & ~3) == 0, interrupts);
  }

  static void require(String name, String what, boolean holds, long value) {
    if (!holds) {
      throw new StateRefusedException(
          name + ": " + what + " 0x" + Long.toHexString(value) + " is not possible here");
    }
  }
}
