package aerostat.tools.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.RunState;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

final class MachineExtensionTest {
  private static @Nullable Machine used;

  @Test
  void startedMachineIsInjected(
      @VirtualMachine(mebibytes = 32, append = "hello.world=1") TestMachine vm) throws Exception {
    vm.awaitConsole("hello.world=1", Duration.ofSeconds(30));
    assertThat(vm.machine().memory().size()).isEqualTo(32 << 20);
    assertThat(MachineExtension.report("it", vm)).contains("it (running)").contains("hello.world");
    used = vm.machine();
  }

  @Test
  void twoMachinesAreTwo(
      @VirtualMachine(deterministic = true, seed = 3, started = false) Machine first,
      @VirtualMachine(deterministic = true, seed = 3, started = false) Machine second) {
    assertThat(first.state()).isEqualTo(RunState.PRELAUNCH);
    first.runUntilPoll(20);
    second.runUntilPoll(20);
    assertThat(second).isNotSameAs(first);
    assertThat(second.ramHash(true)).isEqualTo(first.ramHash(true));
  }

  @AfterAll
  static void machinesAreClosed() {
    Machine machine = used;
    if (machine != null) {
      assertThatThrownBy(() -> machine.memory().load8(GuestMemory.RAM_BASE))
          .isInstanceOf(IllegalStateException.class);
    }
  }
}
