package aerostat.mmio.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.state.FlatState;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class InterruptControllerTest {
  private final FlatState state = new FlatState();
  private final InterruptController interrupts = new InterruptController(state);
  private final AtomicInteger rises = new AtomicInteger();

  @BeforeEach
  void listen() {
    interrupts.onRise(rises::incrementAndGet);
    state.seal();
  }

  @Test
  void onlyARiseWakes() {
    interrupts.setLevel(1, true);
    assertThat(interrupts.levels()).isEqualTo(2);
    interrupts.setLevel(1, true);
    assertThat(rises).hasValue(1);
    interrupts.setLevel(31, true);
    assertThat(interrupts.levels()).isEqualTo(0x8000_0002);
    interrupts.setLevel(1, false);
    interrupts.setLevel(1, false);
    assertThat(interrupts.levels()).isEqualTo(0x8000_0000);
    assertThat(rises).hasValue(2);
    interrupts.setLevel(1, true);
    assertThat(rises).hasValue(3);
  }

  @Test
  void unknownLinesAreRefused() {
    assertThatThrownBy(() -> interrupts.setLevel(32, true))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> interrupts.setLevel(-1, false))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void levelsMoveWithTheStateAndWakeThere() {
    byte[] quiet = state.save();
    interrupts.setLevel(5, true);
    byte[] saved = state.save();

    FlatState other = new FlatState();
    InterruptController there = new InterruptController(other);
    AtomicInteger woken = new AtomicInteger();
    there.onRise(woken::incrementAndGet);
    other.seal();
    other.restore(saved);
    assertThat(there.levels()).isEqualTo(1 << 5);
    assertThat(woken).hasValue(1);
    other.restore(quiet);
    assertThat(there.levels()).isZero();
    assertThat(woken).hasValue(1);
  }

  @Test
  void linesSetFromManyThreadsDoNotDisturbEachOther() throws InterruptedException {
    Thread[] threads = new Thread[4];
    for (int i = 0; i < threads.length; i++) {
      int line = i;
      threads[i] =
          new Thread(
              () -> {
                for (int n = 0; n <= 20_000; n++) {
                  interrupts.setLevel(line, (n & 1) == 0);
                }
              });
      threads[i].start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(interrupts.levels()).isEqualTo(0b1111);
  }
}
