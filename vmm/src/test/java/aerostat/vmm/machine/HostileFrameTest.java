package aerostat.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.bareguest.ThreadsGuest;
import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.cpu.VcpuLayout;
import aerostat.vmm.image.Flavour;
import aerostat.vmm.image.Hostile;
import aerostat.vmm.image.HostileKind;
import aerostat.vmm.image.ResumeTable;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Frames lie in memory that a hostile guest can write: nothing but that guest suffers. */
final class HostileFrameTest {
  private static final int RUNS = 120;
  private static final long POLL_LIMIT = 30_000;

  @Hostile(value = HostileKind.FRAMES, images = HostileFrameTest.RUNS, ends = "contained")
  @Test
  void randomOverwritesHarmTheGuestOnly() {
    int panics = 0;
    for (int seed = 0; seed < RUNS; seed++) {
      Random random = new Random(seed);
      String text = attack(random, false);
      panics += text.contains("Call Trace:") ? 1 : 0;
      assertThat(text).as("seed %d", seed).doesNotContain("VMM failure");
    }
    assertThat(panics).isBetween(1, RUNS);
  }

  @Hostile(value = HostileKind.FRAMES, images = HostileFrameTest.RUNS, ends = "contained")
  @Test
  void aimedOverwritesHarmTheGuestOnly() {
    for (int seed = 0; seed < RUNS; seed++) {
      Random random = new Random(seed);
      String text = attack(random, true);
      assertThat(text).as("seed %d", seed).doesNotContain("VMM failure");
    }
  }

  private static String attack(Random random, boolean aimed) {
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    try (Machine machine =
        Machine.builder()
            .memory(4 << 20)
            .image(TestGuests.image(ThreadsGuest.class))
            .append("rounds=20")
            .deterministic(3)
            .flavour(random.nextBoolean() ? Flavour.PLAIN : Flavour.SANITIZING)
            .console(console)
            .build()) {
      machine.runUntilPoll(1 + random.nextInt(900));
      byte[] state = machine.flatState().save();
      long base = register(machine, VcpuLayout.STACK_BASE);
      int used = (int) (register(machine, VcpuLayout.STACK_USED - 4) >>> 32);
      for (int i = 0; i <= random.nextInt(4); i++) {
        long word = base + 8L * random.nextInt(Math.max(1, used / 8));
        machine
            .memory()
            .store64(word, aimed ? aimedWord(machine, random, base, used) : random.nextLong());
      }
      assertThat(state).hasSizeGreaterThan(VcpuLayout.SIZE);
      machine.runUntilPoll(POLL_LIMIT);
      assertThat(machine.state()).isIn(RunState.PAUSED, RunState.SHUTDOWN, RunState.GUEST_PANICKED);
      return console.toString(StandardCharsets.ISO_8859_1);
    }
  }

  /** Words that look like what belongs there: frames of other methods, addresses, small numbers. */
  private static long aimedWord(Machine machine, Random random, long base, int used) {
    ResumeTable table = machine.resumeTable();
    return switch (random.nextInt(6)) {
      case 0 -> anyFooter(table, random);
      case 1 -> ResumeTable.footer(ResumeTable.INTERRUPT_MARKER, 0, 2);
      case 2 -> ResumeTable.footer(random.nextInt(200), random.nextInt(20), random.nextInt(70));
      case 3 -> base + random.nextInt(Math.max(8, used));
      case 4 -> GuestMemory.RAM_BASE + random.nextInt(1 << 20);
      default -> random.nextInt(300) - 20;
    };
  }

  private static long anyFooter(ResumeTable table, Random random) {
    ResumeTable.Method method;
    do {
      method = table.methods().get(random.nextInt(table.methods().size()));
    } while (!method.resumable());
    int site = random.nextInt(method.sites().size());
    return ResumeTable.footer(method.id(), site, method.sites().get(site).words());
  }

  private static long register(Machine machine, int field) {
    // "interrupts" is the first slice, 8 bytes; then comes "vcpu".
    return machine.flatState().segment().get(ValueLayout.JAVA_LONG, 8 + field);
  }
}
