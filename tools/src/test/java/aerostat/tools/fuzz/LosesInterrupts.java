package aerostat.tools.fuzz;

import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.virtio.MmioRegisters;
import aerostat.tools.fuzz.device.UserDevice;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A user's device that is ours but for one defect: its fifth interrupt, and all later, get lost.
 */
public final class LosesInterrupts implements UserDevice {
  private static final int LOSES_AFTER = 4;

  private @Nullable MmioDevice ours;
  private int seen;
  private int saved;

  @Override
  public void attach(
      MmioDevice transport, GuestMemory memory, InterruptController interrupts, int line) {
    ours = transport;
  }

  @Override
  public void take() {
    seen = 0;
    saved = seen;
  }

  @Override
  public void rewind() {
    seen = saved;
  }

  @Override
  public long read(long offset, int width) {
    long value = Objects.requireNonNull(ours).read(offset, width);
    boolean status = offset == MmioRegisters.INTERRUPT_STATUS && value != 0;
    return status && ++seen > LOSES_AFTER ? 0 : value;
  }

  @Override
  public void write(long offset, int width, long value) {
    Objects.requireNonNull(ours).write(offset, width, value);
  }
}
