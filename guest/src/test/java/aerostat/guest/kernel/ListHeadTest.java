package aerostat.guest.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.guest.plain.PlainMachine;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ListHeadTest {
  private static final long BASE = 0x4100_0000L;
  private final ListHead head = new ListHead(BASE);

  @BeforeEach
  void setUp() {
    PlainMachine.reset(64 << 20);
    head.init();
  }

  private static List<Long> walk(ListHead list) {
    List<Long> forward = new ArrayList<>();
    for (ListHead at = list.next(); !list.is(at); at = at.next()) {
      forward.add(at.address());
    }
    List<Long> back = new ArrayList<>();
    for (ListHead at = list.prev(); !list.is(at); at = at.prev()) {
      back.addFirst(at.address());
    }
    assertThat(back).isEqualTo(forward);
    return forward;
  }

  @Test
  void randomOperationsAgainstAModel() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    ListHead other = new ListHead(BASE + 16);
    other.init();
    List<Long> model = new ArrayList<>();
    List<Long> otherModel = new ArrayList<>();
    List<Long> spare = new ArrayList<>();
    for (int i = 2; i < 40; i++) {
      spare.add(BASE + i * 16L);
    }
    for (int i = 0; i < 5000; i++) {
      switch (random.nextInt(6)) {
        case 0, 1 -> {
          if (!spare.isEmpty()) {
            long entry = spare.removeLast();
            head.add(new ListHead(entry));
            model.addFirst(entry);
          }
        }
        case 2 -> {
          if (!spare.isEmpty()) {
            long entry = spare.removeFirst();
            other.addTail(new ListHead(entry));
            otherModel.add(entry);
          }
        }
        case 3 -> {
          if (!model.isEmpty()) {
            long entry = model.remove(random.nextInt(model.size()));
            new ListHead(entry).delInit();
            assertThat(new ListHead(entry).isEmpty()).isTrue();
            spare.add(entry);
          }
        }
        case 4 -> {
          if (!model.isEmpty()) {
            long entry = model.remove(random.nextInt(model.size()));
            new ListHead(entry).moveTo(other);
            otherModel.addFirst(entry);
          }
        }
        default -> {
          head.spliceInit(other);
          model.addAll(0, otherModel);
          otherModel.clear();
        }
      }
      assertThat(walk(head)).as("seed %d", seed).isEqualTo(model);
      assertThat(walk(other)).as("seed %d", seed).isEqualTo(otherModel);
      assertThat(head.isEmpty()).isEqualTo(model.isEmpty());
    }
  }

  @Test
  void aSecondDeleteFaults() {
    ListHead entry = new ListHead(BASE + 64);
    head.add(entry);
    entry.del();
    assertThatThrownBy(entry::del).isInstanceOf(IndexOutOfBoundsException.class);
  }
}
