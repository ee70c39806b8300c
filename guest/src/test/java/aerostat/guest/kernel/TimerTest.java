package aerostat.guest.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.machine.Cpu;
import aerostat.guest.mm.Slab;
import aerostat.guest.plain.PlainKernel;
import aerostat.guest.plain.PlainMachine;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TimerTest {
  private final List<Long> fired = new ArrayList<>();

  @BeforeEach
  void setUp() {
    PlainKernel.setUp(64 << 20, "");
    PlainMachine.setTimePerCall(0);
  }

  private Timer timer() {
    Timer timer = new Timer(Slab.kzalloc(Timer.SIZE, 0));
    timer.setup(
        expired -> {
          assertThat(Preempt.inInterrupt()).isTrue();
          assertThat(Cpu.irqsEnabled()).isZero();
          fired.add(expired.address());
        });
    return timer;
  }

  @Test
  void eachFiresOnceInOrderOfExpiry() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<Timer> timers = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      timers.add(timer());
    }
    for (int i = 0; i < 200; i++) {
      timers.get(random.nextInt(50)).modNs(1_000_000 + random.nextInt(1000) * 1000L);
    }
    List<Timer> deleted = List.of(timers.get(3), timers.get(30));
    deleted.forEach(Timer::delete);
    List<Long> expected =
        timers.stream()
            .filter(Timer::isPending)
            .sorted(Comparator.comparingLong(Timer::expires))
            .map(Timer::address)
            .toList();
    while (PlainMachine.timerDeadline() != Long.MAX_VALUE) {
      PlainMachine.advance(PlainMachine.timerDeadline() - Cpu.now());
      Cpu.safepoint();
    }
    assertThat(fired.stream().map(a -> new Timer(a).expires()))
        .as("seed %d", seed)
        .isSortedAccordingTo(Comparator.naturalOrder());
    assertThat(fired).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void equalExpiriesFireInTheOrderOfArming() {
    Timer a = timer();
    Timer b = timer();
    long at = Cpu.now() + 5000;
    a.modNs(at);
    b.modNs(at);
    PlainMachine.advance(5000);
    Cpu.safepoint();
    assertThat(fired).containsExactly(a.address(), b.address());
  }

  @Test
  void aTimerMayArmItselfAgain() {
    int[] runs = {0};
    Timer timer = new Timer(Slab.kzalloc(Timer.SIZE, 0));
    timer.setup(
        expired -> {
          runs[0]++;
          assertThat(expired.isPending()).isFalse();
          expired.modNs(expired.expires() + 1_000_000);
        });
    timer.mod(Jiffies.now() + 1);
    for (int i = 0; i < 10; i++) {
      PlainMachine.advance(1_000_000);
      Cpu.safepoint();
    }
    assertThat(runs[0]).isEqualTo(10);
    assertThat(timer.delete()).isTrue();
    assertThat(timer.delete()).isFalse();
  }

  @Test
  void nothingFiresEarlyOrWithInterruptsDisabled() {
    Timer timer = timer();
    long now = Cpu.now();
    assertThat(timer.modNs(now + 5000)).isFalse();
    assertThat(timer.modNs(now + 6000)).isTrue();
    PlainMachine.advance(5999);
    Cpu.safepoint();
    assertThat(fired).isEmpty();
    int flags = Cpu.irqSave();
    PlainMachine.advance(1);
    Cpu.safepoint();
    assertThat(fired).isEmpty();
    Cpu.irqRestore(flags);
    assertThat(fired).hasSize(1);
  }
}
