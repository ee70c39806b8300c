package aerostat.tools.fuzz.driver;

import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.virtio.MmioRegisters;
import java.util.Arrays;

/**
 * Stands between the driver and the true transport. It notes where the driver's rings are, answers
 * some reads with lies, loses notifications, and raises interrupts of its own; otherwise it passes
 * everything on.
 */
public final class LyingDevice implements MmioDevice {
  static final int QUEUES = 6;
  private static final int LINE = 1;

  /** Of a notification; with NOTIFICATION_DATA a position stands above (2.9). */
  private static final int QUEUE_BITS = 0xffff;

  private static final int WORDS = (MmioRegisters.CONFIG + 16) / 4;

  private final MmioDevice truth;
  private final InterruptController interrupts;
  private final LostReports reports;
  private final long[] driver = new long[QUEUES];
  private final long[] device = new long[QUEUES];
  private final long[] descriptors = new long[QUEUES];
  private final int[] size = new int[QUEUES];
  private final int[] lies = new int[WORDS];
  private final int[] left = new int[WORDS];
  private int selected;
  private int lost;

  /** Queues of which a notification was lost, a bit each. */
  private int dropped;

  private int madeUp;

  public LyingDevice(MmioDevice truth, GuestMemory memory, InterruptController interrupts) {
    this.truth = truth;
    this.interrupts = interrupts;
    this.reports = new LostReports(memory);
  }

  /** What must not happen to pages whose report got lost. */
  LostReports reports() {
    return reports;
  }

  /** Another input: nothing is lied or lost. */
  void forget() {
    dropped = 0;
    honest();
  }

  /** Speaks the truth from here on, and passes on what it has lost. */
  void honest() {
    Arrays.fill(left, 0);
    lost = 0;
    int queues = dropped;
    dropped = 0;
    for (int queue = 0; queue < QUEUES; queue++) {
      if ((queues >>> queue & 1) != 0) {
        reports.notified(this, queue);
        truth.write(MmioRegisters.QUEUE_NOTIFY, 4, queue);
      }
    }
    madeUp = 0;
    settle();
  }

  /** The next reads of a word of the window, so many, give this value. */
  void lie(int word, int value, int times) {
    lies[word % WORDS] = value;
    left[word % WORDS] = times;
  }

  /** Drops so many notifications. */
  void lose(int notifications) {
    lost = notifications;
  }

  /** Raises the line, with bits of InterruptStatus that the device has no reason for, or none. */
  void interrupt(int bits) {
    madeUp |= bits;
    interrupts.setLevel(LINE, true);
  }

  /** Guest-physical address of a queue's used ring, 0 before there is one. */
  long usedRing(int queue) {
    return device[queue];
  }

  /** Guest-physical address of a queue's descriptors, 0 before there is one. */
  long descriptors(int queue) {
    return descriptors[queue];
  }

  /** Guest-physical address of a queue's available ring, 0 before there is one. */
  long driverArea(int queue) {
    return driver[queue];
  }

  int size(int queue) {
    return Math.max(1, size[queue]);
  }

  @Override
  public long read(long offset, int width) {
    long value = truth.read(offset, width);
    int word = (int) (offset / 4);
    if (offset == MmioRegisters.INTERRUPT_STATUS) {
      value |= madeUp & 0xffff_ffffL;
    }
    if (word < WORDS && left[word] > 0) {
      left[word]--;
      return lies[word] & 0xffff_ffffL;
    }
    return value;
  }

  @Override
  public void write(long offset, int width, long value) {
    switch ((int) offset) {
      case MmioRegisters.QUEUE_SEL -> selected = (int) value & 0xff;
      case MmioRegisters.QUEUE_SIZE -> {
        if (selected < QUEUES) {
          size[selected] = (int) value;
        }
      }
      case MmioRegisters.QUEUE_DESC_LOW -> {
        if (selected < QUEUES) {
          descriptors[selected] = value & 0xffff_ffffL;
        }
      }
      case MmioRegisters.QUEUE_DRIVER_LOW -> {
        if (selected < QUEUES) {
          driver[selected] = value & 0xffff_ffffL;
        }
      }
      case MmioRegisters.QUEUE_DEVICE_LOW -> {
        if (selected < QUEUES) {
          device[selected] = value & 0xffff_ffffL;
        }
      }
      case MmioRegisters.INTERRUPT_ACK -> {
        madeUp &= (int) ~value;
        truth.write(offset, width, value);
        settle();
        return;
      }
      case MmioRegisters.QUEUE_NOTIFY -> {
        int queue = (int) value & QUEUE_BITS;
        if (lost > 0) {
          lost--;
          dropped |= 1 << (queue & 0x1f);
          reports.lost(this, queue);
          return;
        }
        reports.notified(this, queue);
      }
      case MmioRegisters.STATUS -> {
        if (value == 0) {
          reports.forget();
        }
      }
      default -> {}
    }
    truth.write(offset, width, value);
  }

  private void settle() {
    boolean high = madeUp != 0 || truth.read(MmioRegisters.INTERRUPT_STATUS, 4) != 0;
    interrupts.setLevel(LINE, high);
  }
}
