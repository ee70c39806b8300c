package aerostat.guest.virtio;

import static aerostat.guest.machine.Io.readl;
import static aerostat.guest.machine.Io.writel;

import aerostat.guest.kernel.Printk;
import aerostat.guest.machine.Cpu;

/**
 * Finds the numbering that a device's queues fit, before any is set up, so that a driver and a
 * device that number otherwise do not wait for each other on different queues (EDGE-02).
 */
final class QueueIndexes {
  private QueueIndexes() {}

  /**
   * The numbering to use: the command line's, or with none the first that fits, Linux's before all
   * others; null, and a message, if there is none.
   */
  static QueueNumbering choose(VirtioMmioDevice mmio, VirtqueueInfo infos, int count) {
    QueueNumbering first = mmio.numbering() == null ? QueueNumbering.at(0) : mmio.numbering();
    if (!isAmbiguous(infos, count) || fits(mmio, infos, count, first)) {
      return first;
    }
    int device = mmio.device().index();
    if (mmio.numbering() != null) {
      Printk.err(
          "virtio virtio%d: the device does not number its queues %s, try virtio_mmio.numbering\n",
          device, Cpu.string(first.name()));
      return null;
    }
    for (int i = 1; QueueNumbering.at(i) != null; i++) {
      if (fits(mmio, infos, count, QueueNumbering.at(i))) {
        Printk.warn(
            "virtio virtio%d: the device numbers its queues %s\n",
            device, Cpu.string(QueueNumbering.at(i).name()));
        return QueueNumbering.at(i);
      }
    }
    Printk.err("virtio virtio%d: the device's queues fit no numbering\n", device);
    return null;
  }

  /** Whether the numberings differ in the index of some queue that is wanted. */
  private static boolean isAmbiguous(VirtqueueInfo infos, int count) {
    for (int slot = 0; slot < count; slot++) {
      if (infos.at(slot).isNamed()
          && QueueNumbering.at(0).indexOf(infos, slot)
              != QueueNumbering.at(2).indexOf(infos, slot)) {
        return true;
      }
    }
    return false;
  }

  /** Whether the device has exactly the queues that it would have. */
  private static boolean fits(
      VirtioMmioDevice mmio, VirtqueueInfo infos, int count, QueueNumbering numbering) {
    for (int index = 0; index < count; index++) {
      writel(index, mmio.base() + VirtioMmio.QUEUE_SEL);
      if (mmio.isLegacy() && VirtioMmioLegacy.isInUse(mmio.base())) {
        return false; // MMIO-LEG-05: its size may not be read
      }
      boolean exists = readl(mmio.base() + VirtioMmio.QUEUE_SIZE_MAX) != 0;
      if (exists != numbering.hasQueue(infos, count, index)) {
        return false;
      }
    }
    return true;
  }
}
