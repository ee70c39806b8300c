package aerostat.vmm.guest;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.machine.Machine;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class EmptySlotTest {
  @Test
  void aDeviceThatIsNotThereFailsItsProbeAndNothingElse() {
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    try (Machine m =
        Machine.builder()
            .memory(32 << 20)
            .append("virtio_mmio.device=4K@0x0a005000:7 workload=idle")
            .deterministic(1)
            .console(console)
            .build()) {
      m.runUntilPoll(20_000);
      assertThat(m.balloon().driverReady()).isTrue();
    }
    assertThat(console.toString(StandardCharsets.ISO_8859_1))
        .contains("virtio-mmio a005000: Wrong magic value 0xffffffff!")
        .doesNotContain("panic");
  }
}
