package aerostat.mmio.state;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FlatStateTest {
  private static final Runnable NOTHING = () -> {};

  /** A component with a value in its slice and a host-side copy of it, which takes no negatives. */
  private static final class Component {
    final MemorySegment slice;
    final List<Long> seen = new ArrayList<>();

    Component(FlatState state, String name) {
      slice = state.slice(name, 1, 8, this::restored);
    }

    void set(long value) {
      slice.set(JAVA_LONG, 0, value);
    }

    long get() {
      return slice.get(JAVA_LONG, 0);
    }

    private void restored() {
      if (get() < 0) {
        throw new StateRefusedException("negative");
      }
      seen.add(get());
    }
  }

  @Test
  void slicesAreAlignedZeroedAndApart() {
    FlatState state = new FlatState();
    MemorySegment first = state.slice("a", 1, 5, NOTHING);
    MemorySegment second = state.slice("b", 1, 16, NOTHING);
    assertThat(first.byteSize()).isEqualTo(5);
    assertThat(second.address() % 8).isZero();
    assertThat(second.address() - first.address()).isEqualTo(8);
    assertThat(state.seal()).isEqualTo(24);
    assertThat(state.segment().byteSize()).isEqualTo(24);
    first.fill((byte) -1);
    assertThat(second.get(JAVA_LONG, 0)).isZero();
    assertThatThrownBy(() -> state.slice("c", 1, 8, NOTHING)).hasMessageContaining("seal");
  }

  @Test
  void layoutErrorsAreSaidAtOnce() {
    FlatState state = new FlatState();
    state.slice("a", 1, 8, NOTHING);
    assertThatThrownBy(() -> state.slice("a", 2, 8, NOTHING)).hasMessageContaining("taken");
    assertThatThrownBy(() -> state.slice("b", 1, FlatState.CAPACITY, NOTHING))
        .hasMessageContaining("free");
    assertThatThrownBy(() -> state.slice("b", 1, -1, NOTHING))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(state::segment).hasMessageContaining("not sealed");
    assertThatThrownBy(state::layoutDigest).hasMessageContaining("not sealed");
    assertThatThrownBy(() -> state.restore(new byte[16])).hasMessageContaining("not sealed");
  }

  private static long digest(Object... nameVersionSize) {
    FlatState state = new FlatState();
    for (int i = 0; i < nameVersionSize.length; i += 3) {
      state.slice(
          (String) nameVersionSize[i],
          (int) nameVersionSize[i + 1],
          (int) nameVersionSize[i + 2],
          NOTHING);
    }
    state.seal();
    return state.layoutDigest();
  }

  @Test
  void theDigestTellsLayoutsApart() {
    long one = digest("a", 1, 8, "b", 1, 8);
    assertThat(digest("a", 1, 8, "b", 1, 8)).isEqualTo(one);
    assertThat(
            List.of(
                digest("b", 1, 8, "a", 1, 8),
                digest("a", 1, 8, "b", 2, 8),
                digest("a", 1, 8, "b", 1, 7),
                digest("a", 1, 16),
                digest("a", 1, 8),
                digest("a1", 8, 8, "b", 1, 8)))
        .doesNotHaveDuplicates()
        .doesNotContain(one);
  }

  @Test
  void restoreBringsTheStateAndTellsEachComponentInOrder() {
    FlatState source = new FlatState();
    Component a = new Component(source, "a");
    Component b = new Component(source, "b");
    source.seal();
    a.set(11);
    b.set(22);

    FlatState target = new FlatState();
    Component c = new Component(target, "a");
    Component d = new Component(target, "b");
    target.seal();
    target.restore(source.save());
    assertThat(c.get()).isEqualTo(11);
    assertThat(d.get()).isEqualTo(22);
    assertThat(c.seen).containsExactly(11L);
    assertThat(d.seen).containsExactly(22L);
    assertThat(target.save()).isEqualTo(source.save());
  }

  @Test
  void aRefusalLeavesTheOldState() {
    FlatState state = new FlatState();
    Component a = new Component(state, "a");
    Component b = new Component(state, "b");
    Component c = new Component(state, "c");
    state.seal();
    a.set(10);
    b.set(-20);
    c.set(30);
    byte[] bad = state.save();
    a.set(1);
    b.set(2);
    c.set(3);
    assertThatThrownBy(() -> state.restore(bad))
        .isInstanceOf(StateRefusedException.class)
        .hasMessage("negative");
    assertThat(List.of(a.get(), b.get(), c.get())).containsExactly(1L, 2L, 3L);
    assertThat(a.seen).containsExactly(10L, 1L);
    assertThat(b.seen).containsExactly(2L);
    assertThat(c.seen).isEmpty();
  }

  @Test
  void aWrongLayoutIsRefusedBeforeAnythingChanges() {
    FlatState state = new FlatState();
    Component a = new Component(state, "a");
    state.seal();
    a.set(5);
    byte[] saved = state.save();
    saved[0] ^= 1;
    assertThatThrownBy(() -> state.restore(saved))
        .isInstanceOf(StateRefusedException.class)
        .hasMessageContaining("layout");
    assertThatThrownBy(() -> state.restore(new byte[0])).isInstanceOf(StateRefusedException.class);
    assertThatThrownBy(() -> state.restore(new byte[17])).isInstanceOf(StateRefusedException.class);
    assertThat(a.get()).isEqualTo(5);
    assertThat(a.seen).isEmpty();
  }

  @Test
  void aCallbackThatFailsIsARefusalWithItsName() {
    FlatState state = new FlatState();
    int[] calls = {0};
    state.slice(
        "clumsy",
        1,
        8,
        () -> {
          if (calls[0]++ == 0) {
            throw new ArithmeticException("by zero");
          }
        });
    byte[] saved = state.save();
    assertThatThrownBy(() -> state.restore(saved))
        .isInstanceOf(StateRefusedException.class)
        .hasMessageContaining("clumsy")
        .hasCauseInstanceOf(ArithmeticException.class);
  }
}
