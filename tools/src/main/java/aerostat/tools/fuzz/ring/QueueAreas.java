package aerostat.tools.fuzz.ring;

import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.virtio.MmioRegisters;
import aerostat.mmio.virtio.Virtio;
import java.util.Arrays;

/**
 * Where a device may write: the areas of the queues that are in use, by what drivers wrote into its
 * registers. Nothing is asked of the device but what any driver reads back, Status and QueueReady.
 *
 * <p>It stands before the device, so that it follows the guest's own driver as well.
 */
public final class QueueAreas implements MmioDevice {
  /** Queues that are followed; a balloon has five. */
  private static final int QUEUES = 8;

  private static final Registers RESET = new Registers();
  private static final Queue UNUSED = new Queue();

  private final MmioDevice device;
  private final Registers now = new Registers();
  private final Registers taken = new Registers();

  /** Until {@link #take}: a driver that boots takes nothing that it is not offered. */
  private long offered = -1L;

  /** A driver's side of the registers, as far as areas depend on it. */
  private static final class Registers {
    final Queue[] queues = new Queue[QUEUES];
    int selected;
    int window;
    long wanted;
    long agreed;
    int status;

    Registers() {
      Arrays.setAll(queues, i -> new Queue());
    }

    void copy(Registers other) {
      for (int i = 0; i < QUEUES; i++) {
        queues[i].copy(other.queues[i]);
      }
      selected = other.selected;
      window = other.window;
      wanted = other.wanted;
      agreed = other.agreed;
      status = other.status;
    }
  }

  private static final class Queue {
    int size;
    long descriptors;
    long device;
    boolean inUse;

    void copy(Queue other) {
      size = other.size;
      descriptors = other.descriptors;
      device = other.device;
      inUse = other.inUse;
    }
  }

  public QueueAreas(MmioDevice device) {
    this.device = device;
  }

  /** This moment is where {@link #rewind} goes back to. Leaves DeviceFeaturesSel changed. */
  public void take() {
    taken.copy(now);
    device.write(MmioRegisters.DEVICE_FEATURES_SEL, 4, 1);
    long high = device.read(MmioRegisters.DEVICE_FEATURES, 4);
    device.write(MmioRegisters.DEVICE_FEATURES_SEL, 4, 0);
    offered = high << 32 | (device.read(MmioRegisters.DEVICE_FEATURES, 4) & 0xffff_ffffL);
  }

  public void rewind() {
    now.copy(taken);
  }

  /** Whether a live driver has this queue in use. */
  public boolean inUse(int queue) {
    return (now.status & Virtio.STATUS_DRIVER_OK) != 0 && now.queues[queue].inUse;
  }

  /**
   * Whether the device may write something of a page now: its used ring, or in packed rings the
   * descriptors and its event word (2.7.8, 2.8.10).
   *
   * @param gpa of the page
   */
  public boolean mayWrite(long gpa) {
    boolean packed = (now.agreed & Virtio.F_RING_PACKED) != 0;
    for (int i = 0; i < QUEUES; i++) {
      Queue queue = now.queues[i];
      if (!inUse(i)) {
        continue;
      }
      long length = packed ? Virtio.EVENT_SIZE : Virtio.deviceAreaSize(queue.size);
      if (touches(queue.device, length, gpa)) {
        return true;
      }
      if (packed && touches(queue.descriptors, Virtio.descriptorAreaSize(queue.size), gpa)) {
        return true;
      }
    }
    return false;
  }

  private static boolean touches(long area, long length, long page) {
    return area < page + GuestMemory.PAGE_SIZE && page < area + length;
  }

  @Override
  public long read(long offset, int width) {
    return device.read(offset, width);
  }

  @Override
  public void write(long offset, int width, long value) {
    device.write(offset, width, value);
    if (width == 4) {
      wrote((int) offset, (int) value);
    }
  }

  private void wrote(int register, int value) {
    switch (register) {
      case MmioRegisters.QUEUE_SEL -> now.selected = value;
      case MmioRegisters.DRIVER_FEATURES_SEL -> now.window = value;
      case MmioRegisters.DRIVER_FEATURES -> features(value);
      case MmioRegisters.STATUS -> status(value);
      default -> {
        if (now.selected >= 0 && now.selected < QUEUES) {
          queue(now.queues[now.selected], register, value);
        }
      }
    }
  }

  private void features(int value) {
    boolean fixed = (now.status & Virtio.STATUS_FEATURES_OK) != 0;
    if (!fixed && (now.window & ~1) == 0) {
      int shift = 32 * now.window;
      now.wanted = now.wanted & ~(0xffff_ffffL << shift) | Integer.toUnsignedLong(value) << shift;
    }
  }

  private void status(int value) {
    if (value == 0) {
      now.copy(RESET);
      return;
    }
    int old = now.status;
    now.status = (int) device.read(MmioRegisters.STATUS, 4);
    if ((now.status & ~old & Virtio.STATUS_FEATURES_OK) != 0) {
      now.agreed = now.wanted & offered;
    }
  }

  private void queue(Queue queue, int register, int value) {
    switch (register) {
      case MmioRegisters.QUEUE_RESET -> {
        if (value == 1 && (now.agreed & Virtio.F_RING_RESET) != 0) {
          queue.copy(UNUSED);
        }
      }
      case MmioRegisters.QUEUE_READY -> {
        if (value == 0) {
          queue.inUse = false;
        } else if (value == 1) {
          queue.inUse = device.read(MmioRegisters.QUEUE_READY, 4) != 0;
        }
      }
      default -> {
        if (!queue.inUse) { // or it is fixed (4.2.2.2)
          area(queue, register, Integer.toUnsignedLong(value));
        }
      }
    }
  }

  private static void area(Queue queue, int register, long value) {
    switch (register) {
      case MmioRegisters.QUEUE_SIZE -> queue.size = (int) value;
      case MmioRegisters.QUEUE_DESC_LOW -> queue.descriptors = low(queue.descriptors, value);
      case MmioRegisters.QUEUE_DESC_HIGH -> queue.descriptors = high(queue.descriptors, value);
      case MmioRegisters.QUEUE_DEVICE_LOW -> queue.device = low(queue.device, value);
      case MmioRegisters.QUEUE_DEVICE_HIGH -> queue.device = high(queue.device, value);
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
