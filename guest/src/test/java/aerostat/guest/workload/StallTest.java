package aerostat.guest.workload;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.kernel.Sched;
import aerostat.guest.machine.Cpu;
import aerostat.guest.plain.PlainKernel;
import aerostat.guest.plain.PlainMachine;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** How late a page is. */
class StallTest {
  private static final Pattern LINE =
      Pattern.compile("stall: allocations=(\\d+) p99=(\\d+) us longest=(\\d+) us");

  @Test
  void whoHoldsTheCpuIsSeen() {
    String console =
        PlainKernel.run(
            64 << 20,
            "workload=stall stall.interval=100 workload.interval=0",
            () -> {
              Workloads.start();
              Sched.msleep(250);
              PlainMachine.setTimePerCall(10_000);
              int flags = Cpu.irqSave();
              long end = Cpu.now() + 40_000_000;
              while (Cpu.now() < end) {
                // As one who keeps the zone's lock.
              }
              Cpu.irqRestore(flags);
              PlainMachine.setTimePerCall(0);
              Sched.msleep(300);
            });
    Matcher lines = LINE.matcher(console);
    List<long[]> windows =
        lines
            .results()
            .map(r -> new long[] {number(r.group(1)), number(r.group(2)), number(r.group(3))})
            .toList();
    assertThat(windows).hasSizeGreaterThan(3);
    assertThat(windows.getFirst()[0]).isBetween(40L, 101L);
    assertThat(windows.getFirst()[2]).isLessThan(2000);
    long longest = windows.stream().mapToLong(w -> w[2]).max().orElseThrow();
    assertThat(longest).isBetween(38_000L, 45_000L);
    assertThat(windows.getLast()[2]).as("a line is about its own time").isLessThan(2000);
  }

  private static long number(String text) {
    return Long.parseLong(text);
  }

  @Test
  void noBucketIsOffByMoreThanAnEighth() {
    for (int bucket = 8; bucket < 200; bucket++) {
      long low = Stall.upper(bucket - 1);
      assertThat(Stall.upper(bucket)).isGreaterThan(low).isLessThanOrEqualTo(low + low / 8);
    }
  }
}
