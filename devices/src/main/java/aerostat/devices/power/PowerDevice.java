package aerostat.devices.power;

import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.state.FlatState;
import aerostat.mmio.state.StateRefusedException;
import aerostat.mmio.trace.Trace;
import aerostat.mmio.trace.TraceLine;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Power: registers of 32 bits, and an interrupt line that is high while an event waits. What breaks
 * a rule is ignored.
 *
 * <table>
 *   <caption>Registers</caption>
 *   <tr><td>+0</td><td>W</td><td>a {@link PowerRequest}</td></tr>
 *   <tr><td>+4</td><td>R</td><td>events that wait: bit 0 the power button, bit 1 a wake-up</td></tr>
 *   <tr><td>+4</td><td>W</td><td>takes these events off; a guest that slept is awake</td></tr>
 * </table>
 *
 * Other reads give 0. Everything under the machine lock.
 */
public final class PowerDevice implements MmioDevice {
  public static final int REQUEST = 0;
  public static final int EVENTS = 4;

  public static final int BUTTON = 1;
  public static final int WAKEUP = 2;

  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int LAYOUT_VERSION = 1;
  private static final int STATE_EVENTS = 0;
  private static final int STATE_SUSPENDED = 4;
  private static final int STATE_BYTES = 8;

  private final Consumer<PowerRequest> listener;
  private final InterruptController interrupts;
  private final int line;
  private final Trace trace;
  private final MemorySegment state;

  /**
   * @param listener called under the machine lock, on the vCPU's thread for what the guest does
   */
  public PowerDevice(
      Consumer<PowerRequest> listener,
      InterruptController interrupts,
      int line,
      FlatState flatState,
      Trace trace) {
    this.listener = listener;
    this.interrupts = interrupts;
    this.line = line;
    this.trace = trace;
    this.state = flatState.slice("power", LAYOUT_VERSION, STATE_BYTES, this::restored);
  }

  /** Whether the guest has said that it sleeps, and nobody has woken it. */
  public boolean suspended() {
    return state.get(U32, STATE_SUSPENDED) != 0;
  }

  /** Presses the power button, which wakes as well. */
  public void button() {
    tell(PowerRequest.POWER_BUTTON);
    awake();
    raise(BUTTON);
  }

  /**
   * Wakes a guest that sleeps.
   *
   * @return false if it does not
   */
  public boolean wakeUp() {
    if (!suspended()) {
      return false;
    }
    awake();
    raise(WAKEUP);
    return true;
  }

  @Override
  public long read(long offset, int width) {
    return offset == EVENTS && width == 4 ? state.get(U32, STATE_EVENTS) : 0;
  }

  @Override
  public void write(long offset, int width, long value) {
    if (width != 4) {
      return;
    }
    if (offset == EVENTS) {
      awake();
      setEvents(state.get(U32, STATE_EVENTS) & ~(int) value);
    } else if (offset == REQUEST) {
      request(PowerRequest.of((int) value));
    }
  }

  private void request(@Nullable PowerRequest request) {
    if (request == null || (request == PowerRequest.SUSPEND && suspended())) {
      return;
    }
    if (request == PowerRequest.SUSPEND) {
      state.set(U32, STATE_SUSPENDED, 1);
    }
    tell(request);
  }

  private void awake() {
    if (suspended()) {
      state.set(U32, STATE_SUSPENDED, 0);
      tell(PowerRequest.WAKEUP);
    }
  }

  private void tell(PowerRequest what) {
    if (trace.on()) {
      TraceLine.of("power", "request").word("what", what.name()).to(trace);
    }
    listener.accept(what);
  }

  private void raise(int event) {
    setEvents(state.get(U32, STATE_EVENTS) | event);
  }

  private void setEvents(int events) {
    state.set(U32, STATE_EVENTS, events);
    interrupts.setLevel(line, events != 0);
  }

  private void restored() {
    int events = state.get(U32, STATE_EVENTS);
    int suspended = state.get(U32, STATE_SUSPENDED);
    if ((events & ~(BUTTON | WAKEUP)) != 0 || (suspended & ~1) != 0) {
      throw new StateRefusedException(
          "power: events 0x%x, suspended %d are not possible here".formatted(events, suspended));
    }
    interrupts.setLevel(line, events != 0);
  }
}
