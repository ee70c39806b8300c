package aerostat.devices.power;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PowerDeviceTest {
  @Test
  void onlyTheThreeRequestsCount() {
    List<PowerRequest> requests = new ArrayList<>();
    PowerDevice power = new PowerDevice(requests::add, Trace.OFF);
    for (long value : new long[] {0, 1, 2, 3, 4, -1}) {
      power.write(0, 4, value);
    }
    power.write(0, 1, 1);
    power.write(4, 4, 1);
    assertThat(power.read(0, 4)).isZero();
    assertThat(requests)
        .containsExactly(PowerRequest.POWER_OFF, PowerRequest.REBOOT, PowerRequest.FAILURE);
  }
}
