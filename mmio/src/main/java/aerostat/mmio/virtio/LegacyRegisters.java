package aerostat.mmio.virtio;

import static aerostat.mmio.virtio.TransportState.QUEUE_ALIGN;
import static aerostat.mmio.virtio.TransportState.QUEUE_DESC;
import static aerostat.mmio.virtio.TransportState.QUEUE_DEVICE;
import static aerostat.mmio.virtio.TransportState.QUEUE_DRIVER;
import static aerostat.mmio.virtio.TransportState.QUEUE_SIZE;
import static aerostat.mmio.virtio.TransportState.U32;
import static aerostat.mmio.virtio.TransportState.U64;

import java.lang.foreign.MemorySegment;

/**
 * Version 1 of the registers (4.2.4): one window of features, in force as they are written
 * (MMIO-06); a queue is one block that lies at a page number. Guests are little-endian, so what is
 * guest-native in version 1 is as in version 2 (UAPI-13).
 */
final class LegacyRegisters extends ControlRegisters {
  /** The used ring's alignment where the driver names none, as in QEMU. */
  private static final int DEFAULT_ALIGN = 4096;

  private final boolean pfnReset;

  /**
   * @param pfnReset see {@link VirtioMmioOptions}
   */
  LegacyRegisters(
      VirtioMmioTransport transport, VirtioDevice device, MemorySegment state, boolean pfnReset) {
    super(transport, device, state, true);
    this.pfnReset = pfnReset;
  }

  @Override
  int version() {
    return MmioRegisters.VERSION_1;
  }

  @Override
  int readOwn(int offset) {
    return offset == MmioRegisters.QUEUE_PFN ? pfn() : transport.wrongAccess();
  }

  @Override
  void writeOwn(int offset, int value) {
    switch (offset) {
      case MmioRegisters.GUEST_PAGE_SIZE -> transport.allowed(writePageSize(value));
      case MmioRegisters.QUEUE_ALIGN -> transport.allowed(queues.write(QUEUE_ALIGN, value));
      case MmioRegisters.QUEUE_PFN -> transport.allowed(writePfn(value));
      default -> transport.wrongAccess();
    }
  }

  private long pageSize() {
    return Integer.toUnsignedLong(state.get(U32, TransportState.GUEST_PAGE_SIZE));
  }

  /** The page number of the queue that is selected, 0 unless it is in use (MMIO-LEG-11). */
  private int pfn() {
    return queues.selectedReady()
        ? (int) (state.get(U64, queues.selectedBlock() + QUEUE_DESC) / pageSize())
        : 0;
  }

  /** It counts for every queue, so it stays while one is in use. */
  private boolean writePageSize(int value) {
    if (queues.anyReady()) {
      return false;
    }
    state.set(U32, TransportState.GUEST_PAGE_SIZE, value);
    return true;
  }

  private boolean writePfn(int value) {
    if (value == 0 && pfnReset) {
      transport.reset(); // MMIO-05
      return true;
    }
    if (queues.selectedSizeMax() == 0 || (value != 0 && queues.selectedReady())) {
      return false;
    }
    if (value == 0) {
      queues.stopSelected();
      return true;
    }
    int base = queues.selectedBlock();
    if (state.get(U32, base + QUEUE_SIZE) == 0) {
      state.set(U32, base + QUEUE_SIZE, queues.selectedSizeMax()); // SPLIT-LEG-01
    }
    if (state.get(U32, base + QUEUE_ALIGN) == 0) {
      state.set(U32, base + QUEUE_ALIGN, DEFAULT_ALIGN);
    }
    if (place(base, Integer.toUnsignedLong(value) * pageSize())) {
      queues.startSelected();
    }
    return true;
  }

  /** Where the parts of the block are (SPLIT-LEG-03, MMIO-LEG-03). */
  private boolean place(int base, long address) {
    int size = state.get(U32, base + QUEUE_SIZE);
    int align = state.get(U32, base + QUEUE_ALIGN);
    if (Integer.bitCount(align) != 1 || Long.bitCount(pageSize()) != 1) {
      transport.needsReset(
          "GuestPageSize %d or QueueAlign %d is no power of two"
              .formatted(pageSize(), Integer.toUnsignedLong(align)));
      return false;
    }
    long available = address + Virtio.descriptorAreaSize(size);
    state.set(U64, base + QUEUE_DESC, address);
    state.set(U64, base + QUEUE_DRIVER, available);
    state.set(U64, base + QUEUE_DEVICE, usedRing(available, size, align));
    return true;
  }

  private static long usedRing(long available, int size, int align) {
    long mask = Integer.toUnsignedLong(align) - 1;
    return (available + Virtio.driverAreaSize(size) + mask) & ~mask;
  }

  @Override
  boolean writeFeatures(int value) {
    boolean inUse = (transport.status() & Virtio.STATUS_DRIVER_OK) != 0 || queues.anyReady();
    boolean allowed = features.write(value, inUse);
    features.apply();
    return allowed;
  }

  /** There is no FEATURES_OK; who writes it finds it clear (BASE-LEG-06). */
  @Override
  int status(int old, int wanted) {
    return wanted & ~Virtio.STATUS_FEATURES_OK;
  }

  /** A legacy driver may use its queues before DRIVER_OK (BASE-LEG-08). */
  @Override
  boolean mayWork() {
    return (transport.status() & Virtio.STATUS_NEEDS_RESET) == 0;
  }

  @Override
  boolean acceptable() {
    return features.acceptable();
  }

  @Override
  void checkRestored(String name) {
    int status = transport.status();
    boolean fixed = (status & Virtio.STATUS_FEATURES_OK) != 0;
    TransportState.require(name, "status", !fixed, status);
    features.checkApplied(name);
    queues.checkRestored();
    for (int i = 0; i < queues.count(); i++) {
      if (queues.queue(i).ready()) {
        checkPlace(name + " queue " + i, TransportState.queue(i));
      }
    }
  }

  private void checkPlace(String name, int base) {
    int size = state.get(U32, base + QUEUE_SIZE);
    int align = state.get(U32, base + QUEUE_ALIGN);
    long address = state.get(U64, base + QUEUE_DESC);
    long available = state.get(U64, base + QUEUE_DRIVER);
    long used = state.get(U64, base + QUEUE_DEVICE);
    TransportState.require(name, "alignment", Integer.bitCount(align) == 1, align);
    boolean pages = Long.bitCount(pageSize()) == 1 && address % pageSize() == 0;
    TransportState.require(
        name, "page number", pages && (address / pageSize()) >>> 32 == 0, address);
    TransportState.require(
        name,
        "ring",
        available == address + Virtio.descriptorAreaSize(size)
            && used == usedRing(available, size, align),
        used);
  }
}
