package aerostat.devices.power;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.state.FlatState;
import aerostat.mmio.state.StateRefusedException;
import aerostat.mmio.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PowerDeviceTest {
  private static final int LINE = 2;

  private final List<PowerRequest> requests = new ArrayList<>();
  private final FlatState flat = new FlatState();
  private final InterruptController interrupts = new InterruptController(flat);
  private final PowerDevice power =
      new PowerDevice(requests::add, interrupts, LINE, flat, Trace.OFF);

  PowerDeviceTest() {
    flat.seal();
  }

  private boolean line() {
    return (interrupts.levels() & 1 << LINE) != 0;
  }

  @Test
  void onlyTheFourRequestsCount() {
    for (long value : new long[] {0, 1, 2, 3, 4, 4, 5, -1}) {
      power.write(0, 4, value);
    }
    power.write(0, 1, 1);
    power.write(8, 4, 1);
    assertThat(power.read(0, 4)).isZero();
    assertThat(requests)
        .containsExactly(
            PowerRequest.POWER_OFF,
            PowerRequest.REBOOT,
            PowerRequest.FAILURE,
            PowerRequest.SUSPEND);
  }

  @Test
  void aGuestThatSleepsIsWokenOnce() {
    assertThat(power.wakeUp()).as("awake").isFalse();
    power.write(0, 4, 4);
    assertThat(power.suspended()).isTrue();
    assertThat(power.wakeUp()).isTrue();
    assertThat(power.suspended()).isFalse();
    assertThat(power.read(4, 4)).isEqualTo(PowerDevice.WAKEUP);
    assertThat(line()).isTrue();
    power.write(4, 4, 2);
    assertThat(line()).isFalse();
    assertThat(requests).containsExactly(PowerRequest.SUSPEND, PowerRequest.WAKEUP);
  }

  @Test
  void anAlarmOfItsOwnWakesItToo() {
    power.write(0, 4, 4);
    power.write(4, 4, 0);
    assertThat(power.suspended()).isFalse();
    assertThat(requests).containsExactly(PowerRequest.SUSPEND, PowerRequest.WAKEUP);
  }

  @Test
  void theButtonWaitsUntilItIsTakenOff() {
    power.button();
    power.write(4, 4, 2);
    assertThat(power.read(4, 4)).isEqualTo(PowerDevice.BUTTON);
    assertThat(line()).isTrue();
    power.write(4, 4, 1);
    assertThat(line()).isFalse();
  }

  @Test
  void theLineFollowsTheEventsOfARestoredState() {
    byte[] quiet = flat.save();
    power.button();
    byte[] pressed = flat.save();
    assertThat(pressed[pressed.length - 8])
        .as("little-endian")
        .isEqualTo((byte) PowerDevice.BUTTON);
    pressed[8] = 0; // the interrupt controller's levels
    flat.restore(pressed);
    assertThat(line()).isTrue();
    quiet[8] = 1 << LINE;
    flat.restore(quiet);
    assertThat(line()).isFalse();
  }

  @Test
  void aStateThatNoRunLeavesIsRefused() {
    power.write(0, 4, 4);
    byte[] state = flat.save();
    flat.restore(state);
    assertThat(power.suspended()).isTrue();
    state[state.length - 4] = 7;
    assertThatThrownBy(() -> flat.restore(state)).isInstanceOf(StateRefusedException.class);
  }
}
