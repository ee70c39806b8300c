package aerostat.mmio.virtio;

import static aerostat.mmio.virtio.TransportState.U32;

import java.lang.foreign.MemorySegment;

/** The control registers below 0x100: what versions 1 and 2 have in common. */
abstract class ControlRegisters {
  final VirtioMmioTransport transport;
  final VirtioDevice device;
  final MemorySegment state;
  final QueueRegisters queues;
  final FeatureRegisters features;

  ControlRegisters(
      VirtioMmioTransport transport, VirtioDevice device, MemorySegment state, boolean legacy) {
    this.transport = transport;
    this.device = device;
    this.state = state;
    this.queues = new QueueRegisters(transport, device, state);
    this.features = new FeatureRegisters(device, state, legacy);
  }

  /** Register Version. */
  abstract int version();

  /** A register that only this version has, or none. */
  abstract int readOwn(int offset);

  /** As {@link #readOwn}. */
  abstract void writeOwn(int offset, int value);

  /** The chosen window of what the driver accepts; false if it had no right to it. */
  abstract boolean writeFeatures(int value);

  /** What becomes of the status bits that a driver may set. */
  abstract int status(int old, int wanted);

  /** Whether the device may look at queues that are ready. */
  abstract boolean mayWork();

  /** Whether the device can do with the features in force; asked when the driver is ready. */
  abstract boolean acceptable();

  /** Throws a refusal if a restored state is none of this version. */
  abstract void checkRestored(String name);

  final int read(int offset) {
    return switch (offset) {
      case MmioRegisters.MAGIC_VALUE -> MmioRegisters.MAGIC;
      case MmioRegisters.VERSION -> version();
      case MmioRegisters.DEVICE_ID -> device.deviceId();
      case MmioRegisters.VENDOR_ID -> MmioRegisters.VENDOR;
      case MmioRegisters.DEVICE_FEATURES -> features.offered();
      case MmioRegisters.QUEUE_SIZE_MAX -> queues.selectedSizeMax();
      case MmioRegisters.INTERRUPT_STATUS -> state.get(U32, TransportState.INTERRUPT_STATUS);
      case MmioRegisters.STATUS -> transport.status();
      default -> readOwn(offset);
    };
  }

  final void write(int offset, int value) {
    switch (offset) {
      case MmioRegisters.DEVICE_FEATURES_SEL ->
          state.set(U32, TransportState.DEVICE_FEATURES_SEL, value);
      case MmioRegisters.DRIVER_FEATURES_SEL ->
          state.set(U32, TransportState.DRIVER_FEATURES_SEL, value);
      case MmioRegisters.DRIVER_FEATURES -> transport.allowed(writeFeatures(value));
      case MmioRegisters.QUEUE_SEL -> state.set(U32, TransportState.QUEUE_SEL, value);
      case MmioRegisters.QUEUE_SIZE ->
          transport.allowed(queues.write(TransportState.QUEUE_SIZE, value));
      case MmioRegisters.QUEUE_NOTIFY -> transport.notified(value);
      case MmioRegisters.INTERRUPT_ACK -> transport.acknowledge(value);
      case MmioRegisters.STATUS -> transport.writeStatus(value);
      default -> writeOwn(offset, value);
    }
  }
}
