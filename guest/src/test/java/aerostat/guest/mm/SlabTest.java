package aerostat.guest.mm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.guest.machine.Memory;
import aerostat.guest.plain.PlainFault;
import aerostat.guest.plain.PlainKernel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SlabTest {
  @BeforeEach
  void setUp() {
    PlainKernel.setUp(64 << 20, "");
  }

  @Test
  void randomSizesNeitherOverlapNorLeak() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    record Piece(long address, int size, int fill) {}
    List<Piece> held = new ArrayList<>();
    long free = FreeMemory.pages();
    for (int i = 0; i < 30_000; i++) {
      if ((random.nextInt(10) < 6 && held.size() < 2000) || held.isEmpty()) {
        int size = random.nextInt(50) == 0 ? 1 + random.nextInt(20_000) : 1 + random.nextInt(2100);
        long address = Slab.kmalloc(size, 0);
        assertThat(address & 15).isZero();
        assertThat(Slab.ksize(address)).isGreaterThanOrEqualTo(size);
        int fill = random.nextInt(256);
        Memory.fill(address, size, fill);
        held.add(new Piece(address, size, fill));
      } else {
        Piece piece = held.remove(random.nextInt(held.size()));
        int bad = -1;
        for (int at = 0; at < piece.size() && bad < 0; at++) {
          bad = Memory.load8(piece.address() + at) == piece.fill() ? -1 : at;
        }
        assertThat(bad).as("first byte that changed, seed %d", seed).isNegative();
        Slab.kfree(piece.address());
      }
    }
    held.forEach(piece -> Slab.kfree(piece.address()));
    assertThat(free - FreeMemory.pages())
        .as("pages kept in spare slabs, seed %d", seed)
        .isBetween(0L, 8L);
  }

  @Test
  void kzallocZeroes() {
    long a = Slab.kmalloc(100, 0);
    Memory.fill(a, 100, 0xff);
    Slab.kfree(a);
    long b = Slab.kzalloc(100, 0);
    assertThat(b).isEqualTo(a);
    assertThat(Memory.isZero(b, 100)).isTrue();
  }

  @Test
  void oddSizesAreRefused() {
    assertThat(Slab.kmalloc(0, 0)).isZero();
    assertThat(Slab.kmalloc(-1, 0)).isZero();
    assertThat(Slab.kmalloc((4 << 20) + 1, 0)).isZero();
    assertThat(Slab.kmalloc(4 << 20, 0)).isNotZero();
  }

  @Test
  void badFreesAreBugs() {
    long a = Slab.kmalloc(64, 0);
    assertThatThrownBy(() -> Slab.kfree(a + 8)).isInstanceOf(PlainFault.class);
    Slab.kfree(a);
    assertThatThrownBy(() -> Slab.kfree(a)).isInstanceOf(PlainFault.class);
    Page page = PageAlloc.allocPages(0, 0);
    assertThatThrownBy(() -> Slab.kfree(page.virtual())).isInstanceOf(PlainFault.class);
    Slab.kfree(0);
  }
}
