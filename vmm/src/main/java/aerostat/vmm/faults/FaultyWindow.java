package aerostat.vmm.faults;

import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.virtio.MmioRegisters;
import aerostat.vmm.faults.FaultCounts.Kind;

/** Loses or delays notifications, and says that queues are shorter than they are. */
final class FaultyWindow implements MmioDevice {
  private final MmioDevice device;
  private final PlannedFaults faults;

  FaultyWindow(MmioDevice device, PlannedFaults faults) {
    this.device = device;
    this.faults = faults;
  }

  @Override
  public long read(long offset, int width) {
    long value = device.read(offset, width);
    int most = faults.spec().ring();
    if (offset == MmioRegisters.QUEUE_SIZE_MAX && most > 0 && value > most) {
      faults.note(Kind.RING, most);
      return most;
    }
    return value;
  }

  @Override
  public void write(long offset, int width, long value) {
    if (offset == MmioRegisters.QUEUE_NOTIFY) {
      notification(offset, width, value);
    } else {
      device.write(offset, width, value);
    }
  }

  private void notification(long offset, int width, long value) {
    FaultSpec spec = faults.spec();
    if (faults.happens(spec.loseNotify())) {
      faults.note(Kind.LOSE_NOTIFY, value & 0xffff);
      return;
    }
    boolean late = faults.happens(spec.lateNotify());
    long delay = (late ? spec.delay() : 0) + spec.slow();
    if (delay == 0) {
      device.write(offset, width, value);
      return;
    }
    faults.note(late ? Kind.LATE_NOTIFY : Kind.SLOW, value & 0xffff);
    faults.after(delay, () -> device.write(offset, width, value));
  }
}
