package aerostat.vmm.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import aerostat.mmio.state.StateRefusedException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** The slice "vcpu", field by field ({@link VcpuLayout}). Up to date only while the vCPU rests. */
final class VcpuRegisters {
  private static final ValueLayout.OfLong LONG = JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment slice;

  VcpuRegisters(MemorySegment slice) {
    this.slice = slice;
  }

  long getLong(int field) {
    return slice.get(LONG, field);
  }

  void setLong(int field, long value) {
    slice.set(LONG, field, value);
  }

  int getInt(int field) {
    return slice.get(INT, field);
  }

  void setInt(int field, int value) {
    slice.set(INT, field, value);
  }

  /** Refuses values that no vCPU can have left there. */
  void validate(GuestStack stack) {
    range("polls", getLong(VcpuLayout.POLLS), 0, Long.MAX_VALUE / 2000);
    range("skipped", getLong(VcpuLayout.SKIPPED), 0, GuestClock.NEVER);
    range("guest time", getLong(VcpuLayout.GUEST_TIME), 0, GuestClock.NEVER);
    range("irq", getInt(VcpuLayout.IRQ), 0, 1);
    range("idle", getInt(VcpuLayout.IDLE), 0, 1);
    range("lifecycle", getInt(VcpuLayout.LIFECYCLE), VcpuLayout.NOT_STARTED, VcpuLayout.PANICKED);
    if (getInt(VcpuLayout.LIFECYCLE) == VcpuLayout.LIVE) {
      long base = getLong(VcpuLayout.STACK_BASE);
      int size = getInt(VcpuLayout.STACK_SIZE);
      int used = getInt(VcpuLayout.STACK_USED);
      if (!stack.isValid(base, size, used)) {
        throw new StateRefusedException(
            "vcpu: stack base 0x%x, size 0x%x, used 0x%x".formatted(base, size, used));
      }
      range("depth", getInt(VcpuLayout.DEPTH), 0, size);
    }
  }

  private static void range(String what, long value, long least, long most) {
    if (value < least || value > most) {
      throw new StateRefusedException(
          "vcpu: " + what + " is " + value + ", not " + least + " to " + most);
    }
  }
}
