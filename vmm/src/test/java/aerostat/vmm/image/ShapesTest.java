package aerostat.vmm.image;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.plain.PlainMachine;
import aerostat.guest.shapes.Shapes;
import aerostat.guest.shapes.ShapesEntry;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.RunState;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each bytecode shape gives what plain Java gives, in each flavour, unstopped and stopped at every
 * poll, every second, third and 51st, with the flavour changed at each stop, in the same number of
 * polls.
 */
@org.junit.jupiter.api.Timeout(120)
class ShapesTest {
  private static final long MEMORY = 32 << 20;
  private static final GuestImage IMAGE = TestImages.shapes();
  private static final int[] ARGUMENTS = {0, 1, 2, 3, 5, 8, 13, 100};

  static Stream<Integer> shapes() {
    return IntStream.range(0, Shapes.COUNT).boxed();
  }

  private record Run(long result, long polls) {}

  @ParameterizedTest
  @MethodSource("shapes")
  void agreesWithPlainJava(int shape) {
    for (int argument : ARGUMENTS) {
      PlainMachine.reset(MEMORY);
      long expected = Shapes.run(shape, argument, PlainMachine.RAM_BASE + (1 << 20));
      Run whole = run(shape, argument, 0, Flavour.PLAIN);
      assertThat(whole.result).as("shape %d of %d", shape, argument).isEqualTo(expected);
      assertThat(run(shape, argument, 0, Flavour.SANITIZING)).isEqualTo(whole);
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void canBeStoppedAnywhere(int shape) {
    for (int argument : new int[] {3, 8}) {
      Run whole = run(shape, argument, 0, Flavour.PLAIN);
      for (int step : new int[] {1, 2, 3, 51}) {
        assertThat(run(shape, argument, step, Flavour.SANITIZING))
            .as("shape %d of %d, stopped at every poll %d", shape, argument, step)
            .isEqualTo(whole);
      }
    }
  }

  private static Run run(int shape, int argument, int step, Flavour first) {
    try (Machine machine =
        Machine.builder()
            .memory(MEMORY)
            .image(IMAGE)
            .deterministic((long) shape << 8 | argument)
            .flavour(first)
            .build()) {
      StringBuilder panic = new StringBuilder();
      machine.onEvent(e -> panic.append(e));
      long poll = 0;
      while (machine.state() != RunState.SHUTDOWN && machine.state() != RunState.GUEST_PANICKED) {
        poll = step == 0 ? 10_000_000 : poll + step;
        machine.runUntilPoll(poll);
        Flavour now = machine.flavour();
        machine.setFlavour(now == Flavour.PLAIN ? Flavour.SANITIZING : Flavour.PLAIN);
      }
      long free = machine.memory().romSize() + PlainMachine.RAM_BASE + 5 * 4096;
      assertThat(machine.memory().load64(free + 8))
          .as("shape %d of %d ended: %s", shape, argument, panic)
          .isEqualTo(ShapesEntry.DONE);
      return new Run(machine.memory().load64(free), machine.polls());
    }
  }
}
