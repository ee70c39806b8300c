package aerostat.tools.fuzz.queue;

import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.virtio.MmioRegisters;
import aerostat.mmio.virtio.Virtio;
import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * Where the device's rings are, by what the driver wrote into its registers: the addresses of a
 * queue count from the moment at which QueueReady reads 1.
 */
final class RingAreas implements MmioDevice {
  /** One queue's registers. */
  static final class Ring {
    int size;
    long descriptors;
    long driver;
    long device;

    /** Chains taken and returned since it was enabled. */
    int popped;

    int pushed;

    /** Packed: slot of the next used descriptor, and the wrap counter there. */
    int usedSlot;

    boolean usedWrap;

    private void enabled() {
      popped = 0;
      pushed = 0;
      usedSlot = 0;
      usedWrap = true;
    }
  }

  private final MmioDevice transport;
  private final LongSupplier features;
  private final Ring[] rings;
  private int selected;

  /**
   * @param features that were agreed
   */
  RingAreas(MmioDevice transport, int queues, LongSupplier features) {
    this.transport = transport;
    this.features = features;
    rings = new Ring[queues];
    begin();
  }

  void begin() {
    Arrays.setAll(rings, i -> new Ring());
    selected = 0;
  }

  /** A queue that is enabled. */
  Ring ring(int queue) {
    return rings[queue];
  }

  @Override
  public long read(long offset, int width) {
    return transport.read(offset, width);
  }

  @Override
  public void write(long offset, int width, long value) {
    boolean known = selected >= 0 && selected < rings.length;
    boolean ready = known && ready();
    transport.write(offset, width, value);
    if (width != 4) {
      return;
    }
    switch ((int) offset) {
      case MmioRegisters.QUEUE_SEL -> selected = (int) value;
      case MmioRegisters.STATUS -> {
        if ((int) value == 0) {
          begin();
        }
      }
      case MmioRegisters.QUEUE_RESET -> {
        if (known && (int) value == 1 && (features.getAsLong() & Virtio.F_RING_RESET) != 0) {
          rings[selected] = new Ring();
        }
      }
      default -> {
        if (known && !ready) {
          register(rings[selected], (int) offset, value & 0xffff_ffffL);
        }
      }
    }
  }

  private boolean ready() {
    return transport.read(MmioRegisters.QUEUE_READY, 4) != 0;
  }

  private void register(Ring ring, int register, long value) {
    switch (register) {
      case MmioRegisters.QUEUE_SIZE -> ring.size = (int) value;
      case MmioRegisters.QUEUE_DESC_LOW -> ring.descriptors = low(ring.descriptors, value);
      case MmioRegisters.QUEUE_DESC_HIGH -> ring.descriptors = high(ring.descriptors, value);
      case MmioRegisters.QUEUE_DRIVER_LOW -> ring.driver = low(ring.driver, value);
      case MmioRegisters.QUEUE_DRIVER_HIGH -> ring.driver = high(ring.driver, value);
      case MmioRegisters.QUEUE_DEVICE_LOW -> ring.device = low(ring.device, value);
      case MmioRegisters.QUEUE_DEVICE_HIGH -> ring.device = high(ring.device, value);
      case MmioRegisters.QUEUE_READY -> ring.enabled();
      default -> {}
    }
  }

  private static long low(long address, long value) {
    return address >>> 32 << 32 | value;
  }

  private static long high(long address, long value) {
    return (address & 0xffff_ffffL) | value << 32;
  }
}
