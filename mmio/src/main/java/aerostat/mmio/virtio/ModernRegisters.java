package aerostat.mmio.virtio;

import static aerostat.mmio.virtio.TransportState.U32;

import java.lang.foreign.MemorySegment;

/** Version 2 of the registers (4.2.2): 64-bit areas, FEATURES_OK, QueueReady. */
final class ModernRegisters extends ControlRegisters {
  ModernRegisters(VirtioMmioTransport transport, VirtioDevice device, MemorySegment state) {
    super(transport, device, state, false);
  }

  @Override
  int version() {
    return MmioRegisters.VERSION_2;
  }

  @Override
  int readOwn(int offset) {
    return switch (offset) {
      case MmioRegisters.QUEUE_READY -> queues.selectedReady() ? 1 : 0;
      // No shared memory regions: length and base read all ones.
      case MmioRegisters.SHM_LEN_LOW,
          MmioRegisters.SHM_LEN_HIGH,
          MmioRegisters.SHM_BASE_LOW,
          MmioRegisters.SHM_BASE_HIGH ->
          -1;
      // A queue reset is done when its write returns, so none is ever in progress.
      case MmioRegisters.QUEUE_RESET -> 0;
      case MmioRegisters.CONFIG_GENERATION -> state.get(U32, TransportState.GENERATION);
      default -> transport.wrongAccess();
    };
  }

  @Override
  void writeOwn(int offset, int value) {
    switch (offset) {
      case MmioRegisters.QUEUE_DESC_LOW -> queueField(TransportState.QUEUE_DESC, value);
      case MmioRegisters.QUEUE_DESC_HIGH -> queueField(TransportState.QUEUE_DESC + 4, value);
      case MmioRegisters.QUEUE_DRIVER_LOW -> queueField(TransportState.QUEUE_DRIVER, value);
      case MmioRegisters.QUEUE_DRIVER_HIGH -> queueField(TransportState.QUEUE_DRIVER + 4, value);
      case MmioRegisters.QUEUE_DEVICE_LOW -> queueField(TransportState.QUEUE_DEVICE, value);
      case MmioRegisters.QUEUE_DEVICE_HIGH -> queueField(TransportState.QUEUE_DEVICE + 4, value);
      case MmioRegisters.QUEUE_READY -> transport.allowed(queues.writeReady(value, agreed()));
      case MmioRegisters.QUEUE_RESET -> transport.allowed(queues.reset(value));
      case MmioRegisters.SHM_SEL -> state.set(U32, TransportState.SHM_SEL, value);
      default -> transport.wrongAccess();
    }
  }

  private void queueField(int field, int value) {
    transport.allowed(queues.write(field, value));
  }

  private boolean agreed() {
    return (transport.status() & Virtio.STATUS_FEATURES_OK) != 0;
  }

  @Override
  boolean writeFeatures(int value) {
    return features.write(value, agreed());
  }

  @Override
  int status(int old, int wanted) {
    int now = wanted;
    if ((old & Virtio.STATUS_FEATURES_OK) != 0) {
      now |= Virtio.STATUS_FEATURES_OK; // agreed features end with a reset only
    } else if ((now & Virtio.STATUS_FEATURES_OK) != 0) {
      if (!features.agree()) {
        now &= ~Virtio.STATUS_FEATURES_OK; // BASE-DEV-07
      }
    }
    if ((now & Virtio.STATUS_FEATURES_OK) == 0) {
      now &= ~Virtio.STATUS_DRIVER_OK; // a live device without agreed features there is not
    }
    return now;
  }

  @Override
  boolean mayWork() {
    return transport.driverOk(); // BASE-DEV-01, MMIO-DEV-08
  }

  @Override
  boolean acceptable() {
    return true; // or FEATURES_OK were clear
  }

  @Override
  void checkRestored(String name) {
    features.checkAgreed(name, (transport.status() & Virtio.STATUS_FEATURES_OK) != 0);
    int pageSize = state.get(U32, TransportState.GUEST_PAGE_SIZE);
    TransportState.require(name, "guest page size", pageSize == 0, pageSize);
    queues.checkRestored();
  }
}
