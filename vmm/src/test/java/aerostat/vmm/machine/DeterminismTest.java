package aerostat.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.bareguest.ThreadsGuest;
import aerostat.vmm.image.Flavour;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** The same seed gives the same guest, poll for poll, whatever the host does meanwhile. */
final class DeterminismTest {
  private static final int ROUNDS = 300;

  private record Result(String console, long polls, String hash) {}

  private static Result run(long seed, Flavour flavour, Consumer<Machine> driver) {
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    try (Machine machine =
        Machine.builder()
            .memory(4 << 20)
            .image(TestGuests.image(ThreadsGuest.class))
            .append("rounds=" + ROUNDS)
            .deterministic(seed)
            .flavour(flavour)
            .console(console)
            .build()) {
      driver.accept(machine);
      machine.runUntilPoll(Long.MAX_VALUE);
      String text = console.toString(StandardCharsets.ISO_8859_1);
      assertThat(machine.state()).as(text).isEqualTo(RunState.SHUTDOWN);
      return new Result(text, machine.polls(), machine.ramHash(true));
    }
  }

  private static boolean goesOn(Machine machine) {
    return machine.state() == RunState.PRELAUNCH || machine.state() == RunState.PAUSED;
  }

  @Test
  void sameSeedSameRun() {
    Result first = run(7, Flavour.PLAIN, m -> {});
    System.out.println("threads guest: " + first);
    assertThat(run(7, Flavour.PLAIN, m -> {})).isEqualTo(first);
    assertThat(run(8, Flavour.PLAIN, m -> {}).hash()).isNotEqualTo(first.hash());
  }

  @Test
  void flavourMakesNoDifference() {
    // The flavour is no part of the state, so the whole state is equal.
    assertThat(run(7, Flavour.SANITIZING, m -> {})).isEqualTo(run(7, Flavour.PLAIN, m -> {}));
  }

  @Test
  void stopAtEveryPollMakesNoDifference() {
    Result stopped =
        run(
            7,
            Flavour.PLAIN,
            machine -> {
              for (long poll = 1; goesOn(machine); poll++) {
                long reached = machine.runUntilPoll(poll);
                if (machine.state() == RunState.PAUSED) {
                  assertThat(reached).isEqualTo(poll);
                }
              }
            });
    assertThat(stopped).isEqualTo(run(7, Flavour.PLAIN, m -> {}));
  }

  @Test
  void flavourChangedAtEveryPollMakesNoDifference() {
    Result changed =
        run(
            7,
            Flavour.PLAIN,
            machine -> {
              for (long poll = 1; goesOn(machine); poll++) {
                machine.setFlavour(poll % 2 == 0 ? Flavour.PLAIN : Flavour.SANITIZING);
                machine.runUntilPoll(poll);
              }
            });
    assertThat(changed).isEqualTo(run(7, Flavour.PLAIN, m -> {}));
  }

  @Test
  void stopAtRandomPollsMakesNoDifference() {
    for (int seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      Result stopped =
          run(
              7,
              Flavour.PLAIN,
              machine -> {
                while (goesOn(machine)) {
                  machine.runUntilPoll(machine.polls() + 1 + random.nextInt(50));
                }
              });
      assertThat(stopped).as("seed %d", seed).isEqualTo(run(7, Flavour.PLAIN, m -> {}));
    }
  }

  @Test
  void actionsRunAtTheirPoll() {
    StringBuilder order = new StringBuilder();
    Result result =
        run(
            7,
            Flavour.PLAIN,
            machine -> {
              machine.at(100, () -> order.append("a").append(machine.polls()));
              machine.at(
                  50,
                  () -> {
                    order.append("b").append(machine.polls());
                    machine.at(60, () -> order.append("c").append(machine.ramHash(true).length()));
                  });
            });
    assertThat(order).hasToString("b50c16a100");
    assertThat(result).isEqualTo(run(7, Flavour.PLAIN, m -> {}));
  }
}
