package aerostat.guest.virtio;

import static aerostat.guest.machine.Memory.load32;
import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store32;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.machine.Ops;

/** A device on virtio-mmio (Linux's struct virtio_mmio_device); begins with the virtio device. */
record VirtioMmioDevice(long address) {
  private static final int BASE = VirtioDevice.SIZE;
  private static final int NUMBERING = VirtioDevice.SIZE + 8;
  private static final int IRQ = VirtioDevice.SIZE + 16;
  private static final int LEGACY = VirtioDevice.SIZE + 20;
  private static final int REGION_SIZE = VirtioDevice.SIZE + 24;

  /** Bytes of the structure. */
  static final int SIZE = VirtioDevice.SIZE + 32;

  VirtioDevice device() {
    return new VirtioDevice(address);
  }

  /** Address of the first register. */
  long base() {
    return load64(address + BASE);
  }

  /** Bytes of registers and config space. */
  long size() {
    return load64(address + REGION_SIZE);
  }

  int irq() {
    return load32(address + IRQ);
  }

  /** Whether the registers are those of version 1. */
  boolean isLegacy() {
    return load32(address + LEGACY) != 0;
  }

  void setLegacy(boolean legacy) {
    store32(address + LEGACY, legacy ? 1 : 0);
  }

  QueueNumbering numbering() {
    return Ops.of(load64(address + NUMBERING));
  }

  void set(long base, long size, int irq, QueueNumbering numbering) {
    store64(address + BASE, base);
    store64(address + REGION_SIZE, size);
    store32(address + IRQ, irq);
    store64(address + NUMBERING, Ops.id(numbering));
  }
}
