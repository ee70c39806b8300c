package aerostat.mmio.virtio;

import static aerostat.mmio.virtio.TransportState.U32;

import java.lang.foreign.MemorySegment;

/**
 * The registers of the queue that QueueSel names, and the queues behind them in the format that was
 * agreed. Methods that return a boolean say whether the driver had a right to the access.
 */
final class QueueRegisters {
  private final VirtioPort port;
  private final VirtioDevice device;
  private final MemorySegment state;
  private final SplitVirtqueue[] split;
  private final PackedVirtqueue[] packed;

  QueueRegisters(VirtioPort port, VirtioDevice device, MemorySegment state) {
    this.port = port;
    this.device = device;
    this.state = state;
    int count = device.queueCount();
    split = new SplitVirtqueue[count];
    packed = new PackedVirtqueue[count];
    for (int i = 0; i < count; i++) {
      boolean ranges = device.writableAreRanges(i);
      split[i] = new SplitVirtqueue(port, state, i, ranges);
      packed[i] = new PackedVirtqueue(port, state, i, ranges);
    }
  }

  int count() {
    return split.length;
  }

  /** The queue in the format that was agreed. */
  DeviceQueue queue(int index) {
    return (port.features() & Virtio.F_RING_PACKED) != 0 ? packed[index] : split[index];
  }

  /** 0 for every index, however large, that names no queue. */
  int sizeMax(int queue) {
    return queue >= 0 && queue < split.length ? device.queueSizeMax(queue) : 0;
  }

  private int selected() {
    return state.get(U32, TransportState.QUEUE_SEL);
  }

  int selectedSizeMax() {
    return sizeMax(selected());
  }

  boolean selectedReady() {
    return selectedSizeMax() != 0 && queue(selected()).ready();
  }

  /** Where the state of the queue is that is selected and exists. */
  int selectedBlock() {
    return TransportState.queue(selected());
  }

  boolean anyReady() {
    for (int i = 0; i < split.length; i++) {
      if (queue(i).ready()) {
        return true;
      }
    }
    return false;
  }

  /** Takes the queue into use that is selected, exists and is not in use, if its set-up is good. */
  void startSelected() {
    try {
      queue(selected()).enable(selectedSizeMax());
    } catch (QueueViolation bad) {
      port.needsReset(String.valueOf(bad.getMessage()));
    }
  }

  /** Takes the queue that is selected and exists out of use. */
  void stopSelected() {
    DeviceQueue queue = queue(selected());
    if (queue.ready()) {
      device.queueStopped(selected());
      queue.disable();
    }
  }

  /** Size, alignment, or half of an address. */
  boolean write(int field, int value) {
    if (selectedSizeMax() == 0 || selectedReady()) {
      return false; // no such queue, or in use (MMIO-DRV-15)
    }
    state.set(U32, TransportState.queue(selected()) + field, value);
    return true;
  }

  boolean writeReady(int value, boolean featuresAgreed) {
    if (selectedSizeMax() == 0 || (value & ~1) != 0) {
      return false;
    }
    if (value == 0) {
      stopSelected();
    } else if (!selectedReady()) {
      if (!featuresAgreed) {
        return false; // queues are set up after the features
      }
      startSelected();
    }
    return true;
  }

  /** QueueReset (MMIO-11, MMIO-DEV-11, BASE-DEV-14 to BASE-DEV-17). */
  boolean reset(int value) {
    boolean agreed = (port.features() & Virtio.F_RING_RESET) != 0;
    if (selectedSizeMax() == 0 || value != 1 || !agreed) {
      return false;
    }
    if (selectedReady()) {
      device.queueStopped(selected());
    }
    queue(selected()).reset();
    return true;
  }

  void checkRestored() {
    for (int i = 0; i < split.length; i++) {
      queue(i).checkRestored(sizeMax(i));
    }
  }
}
