package aerostat.mmio.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.memory.GuestAddressException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

class MmioBusTest {
  private final ReentrantLock lock = new ReentrantLock();
  private final MmioBus bus = new MmioBus(lock);
  private final List<String> calls = new ArrayList<>();

  private MmioDevice device(String name) {
    return new MmioDevice() {
      @Override
      public long read(long offset, int width) {
        assertThat(lock.isHeldByCurrentThread()).isTrue();
        calls.add("%s read %d/%d".formatted(name, offset, width));
        return offset;
      }

      @Override
      public void write(long offset, int width, long value) {
        assertThat(lock.isHeldByCurrentThread()).isTrue();
        calls.add("%s write %d/%d=%d".formatted(name, offset, width, value));
      }
    };
  }

  @Test
  void accessesReachTheirDeviceUnderTheLock() {
    bus.map("a", 0x1000, 0x1000, device("a"));
    bus.map("b", 0x2000, 0x100, device("b"));
    assertThat(bus.read(0x1004, 4)).isEqualTo(4);
    assertThat(bus.read(0x1ff8, 8)).isEqualTo(0xff8);
    bus.write(0x20ff, 1, 7);
    assertThat(calls).containsExactly("a read 4/4", "a read 4088/8", "b write 255/1=7");
    assertThat(lock.isLocked()).isFalse();
    assertThat(bus.windows()).extracting(MmioBus.Window::name).containsExactly("a", "b");
  }

  @Test
  void whereNoDeviceAnswersIsAGuestFault() {
    bus.map("a", 0x1000, 0x1000, device("a"));
    for (long gpa : new long[] {0, 0xfff, 0xffd, 0x1ffd, 0x2000, -1, -4, Long.MIN_VALUE + 0x1000}) {
      assertThatThrownBy(() -> bus.read(gpa, 4)).isInstanceOf(GuestAddressException.class);
      assertThatThrownBy(() -> bus.write(gpa, 4, 0)).isInstanceOf(GuestAddressException.class);
    }
    assertThatThrownBy(() -> bus.read(0x1000, 3)).isInstanceOf(IllegalArgumentException.class);
    assertThat(calls).isEmpty();
  }

  @Test
  void windowsMayTouchButNotOverlap() {
    bus.map("a", 0x1000, 0x1000, device("a"));
    bus.map("below", 0x800, 0x800, device("below"));
    bus.map("above", 0x2000, 0x1000, device("above"));
    long[][] overlaps = {{0x1000, 0x1000}, {0x1fff, 1}, {0x500, 0x301}, {0, 0x8000}, {0x1800, 8}};
    for (long[] range : overlaps) {
      assertThatThrownBy(() -> bus.map("late", range[0], range[1], device("late")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("late")
          .hasMessageContaining("overlaps");
    }
    long[][] noRanges = {{0x9000, 0}, {0x9000, -1}, {-1, 8}, {Long.MAX_VALUE, 8}};
    for (long[] range : noRanges) {
      assertThatThrownBy(() -> bus.map("odd", range[0], range[1], device("odd")))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(bus.windows()).hasSize(3);
  }
}
