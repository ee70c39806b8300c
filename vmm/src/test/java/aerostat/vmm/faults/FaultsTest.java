package aerostat.vmm.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.trace.TraceRecorder;
import aerostat.vmm.faults.FaultCounts.Kind;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.RunState;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each fault has an effect that can be seen, the same one for a seed, and no driver panics. */
class FaultsTest {
  private static final long MIB = 1 << 20;
  private static final long RAM = 32 * MIB;
  private static final long TARGET = RAM - 2 * MIB;
  private static final int POLLS = 8_000;

  /** What a machine did with faults. */
  private record Run(FaultCounts counts, List<String> trace, String console, long actual) {
    long traced(String what) {
      return trace.stream().filter(l -> l.contains("virtio0 fault what=" + what)).count();
    }

    boolean inflated() {
      return actual == TARGET;
    }
  }

  /** Boots, asks for 2 MiB, and lets the guest go on for a while. */
  private static Run run(String faults, String append) {
    FaultPlan plan = new FaultPlan(faults.isEmpty() ? FaultSpec.NONE : FaultSpec.parse(faults));
    TraceRecorder trace = new TraceRecorder(100_000);
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    try (Machine machine =
        Machine.builder()
            .memory(RAM)
            .append("workload=kvstore kvstore.size=64K " + append + " " + plan.spec().appended())
            .deterministic(7)
            .console(console)
            .trace(trace)
            .faults(plan)
            .build()) {
      for (int i = 0; i < 200 && !machine.balloon().driverReady(); i++) {
        machine.runUntilPoll(machine.polls() + 500);
      }
      machine.lock().lock();
      try {
        machine.balloon().setTarget(TARGET);
      } finally {
        machine.lock().unlock();
      }
      machine.runUntilPoll(machine.polls() + POLLS);
      String text = console.toString(StandardCharsets.ISO_8859_1);
      assertThat(machine.state()).as(text).isEqualTo(RunState.PAUSED);
      assertThat(text).doesNotContain("LOST");
      return new Run(plan.counts(), trace.lines(), text, machine.balloon().actualBytes());
    }
  }

  @Test
  void withoutFaultsNothingStandsBetween() {
    assertThat(FaultPlan.NONE.begin("virtio0", 1)).isSameAs(Faults.NONE);
    Run run = run("", "");
    assertThat(run.inflated()).as(run.console()).isTrue();
    assertThat(run.counts()).hasToString("none");
    assertThat(run.traced("")).isZero();
  }

  @Test
  void aLostNotificationIsNeverServed() {
    Run run = run("lose-notify=100%", "");
    assertThat(run.counts().get(Kind.LOSE_NOTIFY)).isPositive();
    assertThat(run.traced("lose-notify n=0")).isEqualTo(1);
    assertThat(run.trace()).noneMatch(l -> l.contains("write reg=QueueNotify"));
    assertThat(run.inflated()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"'late-notify=100%,delay=3ms', LATE_NOTIFY", "slow=3ms, SLOW"})
  void aLateNotificationIsServedLate(String faults, Kind kind) {
    Run run = run(faults, "");
    assertThat(run.counts().get(kind)).isPositive();
    assertThat(run.traced(kind.word())).isEqualTo(run.counts().get(kind));
    List<String> order =
        run.trace().stream()
            .filter(l -> l.contains(kind.word() + " n=0") || l.contains("pop queue=0"))
            .toList();
    assertThat(order.getFirst()).contains("fault");
    assertThat(order.get(1)).contains("pop");
    assertThat(poll(order.get(1))).isGreaterThan(poll(order.get(0)));
    assertThat(run.inflated()).as(run.console()).isTrue();
  }

  private static long poll(String line) {
    return Long.parseLong(line.substring(1, line.indexOf(' ')));
  }

  @Test
  void aLostInterruptLeavesTheDriverAsleep() {
    Run run = run("lose-irq=100%", "");
    assertThat(run.counts().get(Kind.LOSE_IRQ)).isPositive();
    assertThat(run.traced("lose-irq")).isEqualTo(run.counts().get(Kind.LOSE_IRQ));
    assertThat(run.trace()).noneMatch(l -> l.contains("write reg=InterruptACK"));
    assertThat(run.inflated()).isFalse();
  }

  @Test
  void aLateInterruptComes() {
    Run run = run("late-irq=100%,delay=2ms", "");
    assertThat(run.counts().get(Kind.LATE_IRQ)).isPositive();
    assertThat(run.traced("late-irq")).isEqualTo(run.counts().get(Kind.LATE_IRQ));
    assertThat(run.inflated()).as(run.console()).isTrue();
  }

  @Test
  void ringsAreShorter() {
    Run run = run("ring=2", "");
    assertThat(run.counts().get(Kind.RING)).isPositive();
    assertThat(run.trace()).anyMatch(l -> l.contains("write reg=QueueSize width=4 value=0x2"));
    assertThat(run.inflated()).as(run.console()).isTrue();
  }

  @Test
  void allocationsFail() {
    Run all = run("fail-alloc=100%", "");
    assertThat(all.console())
        .contains("FAULT_INJECTION: forcing a failure.")
        .contains("name fail_page_alloc, interval 1, probability 100, space 0, times -1")
        .contains("Out of puff! Can't get 1 pages");
    assertThat(all.inflated()).isFalse();
    assertThat(run("fail-alloc=20%", "").inflated()).isTrue();
    assertThat(run("", "fail_page_alloc=1,x").console())
        .contains("FAULT_INJECTION: failed to parse arguments");
  }

  @Test
  void aSeedSaysWhatHappens() {
    String faults = "lose-notify=20%,late-notify=20%,late-irq=20%,delay=500us,seed=";
    Run first = run(faults + 3, "");
    assertThat(run(faults + 3, "").trace()).isEqualTo(first.trace());
    assertThat(run(faults + 4, "").trace()).isNotEqualTo(first.trace());
  }

  @ParameterizedTest
  @ValueSource(strings = {"merged-4.20", "walk-v28", "reporting"})
  void variantsLiveWithThem(String variant) {
    Run run =
        run(
            "lose-irq=5%,late-irq=30%,late-notify=30%,slow=1ms,fail-alloc=10%",
            "virtio_balloon.variant=" + variant);
    assertThat(run.counts()).doesNotHaveToString("none");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nothing | there is no fault 'nothing'; there are lose-notify, late-notify",
        "lose-irq | '' for lose-irq: write a share, as 5%",
        "fail-alloc=0.4% | '0.4%' for fail-alloc: write whole percents, as 5%",
        "fail-alloc=1.0% | '1.0%' for fail-alloc: write whole percents, as 5%",
        "fail-alloc=200% | '200%' for fail-alloc: write a share, as 5%",
        "lose-irq=101% | '101%' for lose-irq: write a share, as 5%",
        "slow=5 | '5' for slow: write a time up to an hour, as 200us, 5ms or 1s",
        "delay=3601s | '3601s' for delay: write a time up to an hour",
        "ring=0 | '0' for ring: write a number from 1 to 32768",
        "seed=x | 'x' for seed: write a number",
        "'' | there is no fault ''",
      })
  void badSpecificationsAreRefused(String spec, String message) {
    assertThatThrownBy(() -> FaultSpec.parse(spec))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}
