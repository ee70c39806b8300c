package aerostat.guest.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.machine.Memory;
import aerostat.guest.plain.PlainMachine;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Interrupts that nobody wants (kernel/irq/spurious.c). */
class IrqTest {
  private static final int LINE = 5;
  private static final int LIMIT = 99_900;
  private static final long CALLS = PlainMachine.RAM_BASE + (40 << 20);

  record Nobody() implements IrqHandler {
    @Override
    public int handle(int irq, long data) {
      Memory.store32(data, Memory.load32(data) + 1);
      return Irq.NONE;
    }

    @Override
    public void disabled(int irq, long data) {
      Memory.store32(data + 4, Memory.load32(data + 4) + 1);
    }
  }

  @BeforeEach
  void boot() {
    PlainMachine.reset(64 << 20);
    Entry.setUp(PlainMachine.bootParams(""));
    assertThat(Irq.request(LINE, new Nobody(), CALLS)).isZero();
  }

  private static void raise(int times) {
    for (int i = 0; i < times; i++) {
      Irq.handle(LINE);
    }
  }

  private static int disabled() {
    return Memory.load32(CALLS + 4);
  }

  @Test
  void aStormEndsWithTheHandlerAndNotWithTheGuest() {
    raise(LIMIT - 1);
    assertThat(disabled()).isZero();
    raise(1000);
    assertThat(disabled()).isEqualTo(1);
    assertThat(Memory.load32(CALLS)).isEqualTo(LIMIT);
    assertThat(PlainMachine.mmio().console()).contains("irq 5: nobody cared", "Disabling IRQ #5");
    Irq.free(LINE);
    assertThat(Irq.request(LINE, new Nobody(), CALLS)).isZero();
    raise(1);
    assertThat(Memory.load32(CALLS)).as("a new handler begins anew").isEqualTo(LIMIT + 1);
  }

  @Test
  void oddOnesOverALongTimeAreForgotten() {
    raise(LIMIT - 1);
    PlainMachine.advance(101_000_000L);
    raise(LIMIT - 1);
    assertThat(disabled()).isZero();
    assertThat(Memory.load32(CALLS)).isEqualTo(2 * (LIMIT - 1));
  }
}
