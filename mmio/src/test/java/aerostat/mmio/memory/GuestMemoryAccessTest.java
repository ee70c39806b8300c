package aerostat.mmio.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every access checks its whole range before it touches memory, and marks what it stored. */
class GuestMemoryAccessTest {
  private static final long BASE = GuestMemory.RAM_BASE;
  private static final int PAGE = GuestMemory.PAGE_SIZE;
  private static final long SIZE = 64L * PAGE;
  private static final long END = BASE + SIZE;

  private final GuestMemory memory = GuestMemory.anonymous(SIZE);

  @AfterEach
  void close() {
    memory.close();
  }

  /** One way to touch {@code width} bytes at an address. */
  record Access(String name, int width, boolean stores, boolean aligned, Op op) {
    interface Op {
      void at(GuestMemory memory, long gpa);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static List<Access> accesses() {
    byte[] page = new byte[PAGE];
    MemorySegment buffer = MemorySegment.ofArray(page);
    return List.of(
        new Access("load8", 1, false, false, GuestMemory::load8),
        new Access("load16", 2, false, false, GuestMemory::load16),
        new Access("load32", 4, false, false, GuestMemory::load32),
        new Access("load64", 8, false, false, GuestMemory::load64),
        new Access("loadAcquire16", 2, false, true, GuestMemory::loadAcquire16),
        new Access("loadAcquire32", 4, false, true, GuestMemory::loadAcquire32),
        new Access("loadAcquire64", 8, false, true, GuestMemory::loadAcquire64),
        new Access("store8", 1, true, false, (m, a) -> m.store8(a, 1)),
        new Access("store16", 2, true, false, (m, a) -> m.store16(a, 1)),
        new Access("store32", 4, true, false, (m, a) -> m.store32(a, 1)),
        new Access("store64", 8, true, false, (m, a) -> m.store64(a, 1)),
        new Access("storeRelease16", 2, true, true, (m, a) -> m.storeRelease16(a, 1)),
        new Access("storeRelease32", 4, true, true, (m, a) -> m.storeRelease32(a, 1)),
        new Access("storeRelease64", 8, true, true, (m, a) -> m.storeRelease64(a, 1)),
        new Access("read", PAGE, false, false, (m, a) -> m.read(a, buffer, 0, PAGE)),
        new Access("write", PAGE, true, false, (m, a) -> m.write(a, buffer, 0, PAGE)),
        new Access("fill", PAGE, true, false, (m, a) -> m.fill(a, PAGE, (byte) 1)),
        new Access("copy from", 16, false, false, (m, a) -> m.copy(a, BASE + 8 * PAGE, 16)),
        new Access("copy to", 16, true, false, (m, a) -> m.copy(BASE, a, 16)),
        new Access("mismatch", 16, false, false, (m, a) -> m.mismatch(a, buffer, 0, 16)),
        new Access("isZero", PAGE, false, false, (m, a) -> m.isZero(a, PAGE)),
        new Access("discard", PAGE, true, false, (m, a) -> m.discard(a, PAGE)));
  }

  @ParameterizedTest
  @MethodSource("accesses")
  void refusesEverythingOutsideRam(Access access) {
    LongConsumer at = gpa -> access.op().at(memory, gpa);
    for (long outside :
        new long[] {
          0,
          1,
          -1,
          BASE - 1,
          BASE - access.width(),
          END,
          END + 1,
          END - access.width() + 1,
          Long.MAX_VALUE,
          Long.MAX_VALUE - access.width() + 1,
          Long.MIN_VALUE,
          Long.MIN_VALUE + BASE,
          -access.width(),
          BASE + (1L << 32),
          BASE + (1L << 62),
          BASE | Long.MIN_VALUE
        }) {
      assertThatThrownBy(() -> at.accept(outside))
          .as("%s at 0x%x", access, outside)
          .isInstanceOf(GuestAddressException.class);
    }
    memory.dirtyLog().clear();
    at.accept(BASE + 4 * PAGE);
    at.accept(END - access.width());
    at.accept(BASE);
  }

  @ParameterizedTest
  @MethodSource("accesses")
  void marksExactlyWhatItStored(Access access) {
    memory.dirtyLog().clear();
    access.op().at(memory, BASE + 5 * PAGE);

    PageBitmap dirty = new PageBitmap(memory.pages());
    memory.dirtyLog().harvest(dirty);
    long expected = access.stores() ? 5 : access.name().equals("copy from") ? 8 : -1;
    assertThat(dirty.nextSet(0)).isEqualTo(expected);
    assertThat(dirty.cardinality()).isEqualTo(expected < 0 ? 0 : 1);
  }

  @ParameterizedTest
  @MethodSource("accesses")
  void aStoreAcrossAPageEdgeMarksBothPages(Access access) {
    if (!access.stores() || access.aligned() || access.width() == 1 || isDiscard(access)) {
      return;
    }
    memory.dirtyLog().clear();
    access.op().at(memory, BASE + 6 * PAGE - 1);
    PageBitmap dirty = new PageBitmap(memory.pages());
    assertThat(memory.dirtyLog().harvest(dirty)).isEqualTo(2);
    assertThat(dirty.get(5)).isTrue();
    assertThat(dirty.get(6)).isTrue();
  }

  @ParameterizedTest
  @MethodSource("accesses")
  void romTakesLoadsOnly(Access access) {
    byte[] image = new byte[PAGE + 7];
    image[3] = 42;
    memory.installRom(image);
    assertThat(memory.romSize()).isEqualTo(2 * PAGE);
    assertThat(memory.load8(BASE + 3)).isEqualTo(42);

    for (long inRom : new long[] {BASE, BASE + PAGE, BASE + 2 * PAGE - access.width()}) {
      if (access.stores()) {
        assertThatThrownBy(() -> access.op().at(memory, inRom))
            .isInstanceOf(GuestAddressException.class)
            .hasMessageContaining("read-only");
      } else {
        access.op().at(memory, inRom);
      }
    }
    access.op().at(memory, BASE + 2 * PAGE);
    assertThat(memory.load8(BASE + 3)).isEqualTo(42);
  }

  @ParameterizedTest
  @MethodSource("accesses")
  void orderedAccessMustBeAligned(Access access) {
    if (access.aligned()) {
      assertThatThrownBy(() -> access.op().at(memory, BASE + access.width() / 2))
          .isInstanceOf(GuestAddressException.class)
          .hasMessageContaining("aligned");
    } else if (access.width() < PAGE) {
      access.op().at(memory, BASE + 1);
    }
  }

  private static boolean isDiscard(Access access) {
    return access.name().equals("discard");
  }

  @Test
  void lengthsAreHostileToo() {
    for (long length : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE, SIZE + 1, -SIZE}) {
      assertThat(memory.contains(BASE, length)).isFalse();
      assertThat(memory.isWritable(BASE, length)).isFalse();
      assertThatThrownBy(() -> memory.fill(BASE, length, (byte) 0))
          .isInstanceOf(GuestAddressException.class);
      assertThatThrownBy(() -> memory.discard(BASE, length))
          .isInstanceOf(GuestAddressException.class);
      assertThatThrownBy(() -> memory.dirtyLog().mark(BASE, length))
          .isInstanceOf(GuestAddressException.class);
      assertThatThrownBy(() -> memory.owners().set(BASE, length, PageOwners.BALLOON))
          .isInstanceOf(GuestAddressException.class);
    }
    assertThat(memory.contains(BASE, SIZE)).isTrue();
    assertThat(memory.contains(END, 0)).isTrue();
    assertThat(memory.contains(END, 1)).isFalse();
    assertThat(memory.contains(END + 1, 0)).isFalse();
    assertThat(memory.contains(-1, 2)).isFalse();
    assertThat(memory.dirtyLog().isClean()).isTrue();
  }

  @Test
  void numbersAreLittleEndian() {
    memory.store64(BASE + 3, 0x8877_6655_4433_2211L);
    assertThat(memory.load8(BASE + 3)).isEqualTo(0x11);
    assertThat(memory.load8(BASE + 10)).isEqualTo(0x88);
    assertThat(memory.load16(BASE + 9)).isEqualTo(0x8877);
    assertThat(memory.load32(BASE + 7)).isEqualTo(0x8877_6655);
    assertThat(memory.load64(BASE + 3)).isEqualTo(0x8877_6655_4433_2211L);
    memory.storeRelease32(BASE + 16, -2);
    assertThat(memory.loadAcquire32(BASE + 16)).isEqualTo(-2);
    assertThat(memory.loadAcquire16(BASE + 18)).isEqualTo(0xffff);
    memory.storeRelease64(BASE + 24, -3);
    assertThat(memory.loadAcquire64(BASE + 24)).isEqualTo(-3);
    memory.storeRelease16(BASE + 32, 0x1ffff);
    assertThat(memory.load32(BASE + 32)).isEqualTo(0xffff);
  }

  @Test
  void bulkMovesBytes() {
    byte[] bytes = new byte[3 * PAGE];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i * 31 + 1);
    }
    MemorySegment source = MemorySegment.ofArray(bytes);
    memory.write(BASE + 5, source, 0, bytes.length);
    assertThat(memory.mismatch(BASE + 5, source, 0, bytes.length)).isEqualTo(-1);

    // Overlapping, both directions.
    memory.copy(BASE + 5, BASE + 100, bytes.length);
    assertThat(memory.mismatch(BASE + 100, source, 0, bytes.length)).isEqualTo(-1);
    memory.copy(BASE + 100, BASE + 50, bytes.length);
    assertThat(memory.mismatch(BASE + 50, source, 0, bytes.length)).isEqualTo(-1);

    memory.store8(BASE + 50 + 4097, 0);
    assertThat(memory.mismatch(BASE + 50, source, 0, bytes.length)).isEqualTo(4097);
    MemorySegment target = MemorySegment.ofArray(new byte[PAGE]);
    memory.read(BASE + 50, target, 1, PAGE - 1);
    assertThat(target.mismatch(source)).isEqualTo(0);
    assertThat(MemorySegment.mismatch(target, 1, PAGE, source, 0, PAGE - 1)).isEqualTo(-1);
  }

  @Test
  void zeroTestSeesEachByte() {
    long length = 2 * PAGE + 13;
    assertThat(memory.isZero(BASE + 3, length)).isTrue();
    for (long at : new long[] {0, 1, 7, 8, 4095, 4096, 8191, 8192, 8199, 8200, length - 1}) {
      memory.store8(BASE + 3 + at, 0x80);
      assertThat(memory.isZero(BASE + 3, length)).as("byte %d", at).isFalse();
      memory.store8(BASE + 3 + at, 0);
    }
    memory.store8(BASE + 2, 1);
    memory.store8(BASE + 3 + length, 1);
    assertThat(memory.isZero(BASE + 3, length)).isTrue();
    assertThat(memory.isZero(BASE, 0)).isTrue();
  }

  @Test
  void regionsTellImageAndRam() {
    assertThat(memory.regions()).containsExactly(new Region(Region.Kind.RAM, BASE, SIZE));
    memory.installRom(new byte[PAGE]);
    assertThat(memory.regions())
        .containsExactly(
            new Region(Region.Kind.ROM, BASE, PAGE),
            new Region(Region.Kind.RAM, BASE + PAGE, SIZE - PAGE));
    assertThatThrownBy(() -> memory.installRom(new byte[PAGE]))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> memory.protectRom(SIZE)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anImageAsLargeAsMemoryIsRefused() {
    assertThatThrownBy(() -> memory.installRom(new byte[(int) SIZE - PAGE + 1]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(memory.romSize()).isZero();
    assertThat(memory.isZero(BASE, SIZE)).isTrue();
  }

  @Test
  void badSizesAreRefused() {
    for (long size : new long[] {0, -PAGE, 1, PAGE + 1, Long.MAX_VALUE, GuestMemory.MAX_SIZE * 2}) {
      assertThatThrownBy(() -> GuestMemory.anonymous(size))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void sixtyFourGibibytesCostNothingUntilTouched() {
    long size = 64L << 30;
    try (GuestMemory large = GuestMemory.anonymous(size)) {
      assertThat(large.residentBytes()).isZero();
      Map<Long, Long> written = new TreeMap<>();
      for (long at = 0; at < size; at += 4L << 30) {
        large.store64(BASE + at, at + 1);
        written.put(at, at + 1);
      }
      large.store64(BASE + size - 8, 7);
      assertThat(large.load64(BASE + size - 8)).isEqualTo(7);
      written.forEach((at, value) -> assertThat(large.load64(BASE + at)).isEqualTo(value));
      assertThat(large.residentBytes()).isEqualTo((written.size() + 1L) * PAGE);
      assertThat(large.dirtyLog().harvest(new PageBitmap(large.pages())))
          .isEqualTo(written.size() + 1);
      large.discard(BASE, size);
      assertThat(large.residentBytes()).isZero();
    }
  }

  /** Unmapping under a running reader must end in an exception, never in a dead JVM. */
  @Test
  void closeUnderAReaderEndsItsAccessCleanly() throws InterruptedException {
    GuestMemory shortLived = GuestMemory.anonymous(SIZE);
    CountDownLatch reading = new CountDownLatch(1);
    AtomicReference<Throwable> end = new AtomicReference<>();
    Thread reader =
        new Thread(
            () -> {
              try {
                for (long i = 0; ; i++) {
                  shortLived.store64(BASE + (i * 8 & SIZE - 1), i);
                  reading.countDown();
                }
              } catch (Throwable t) {
                end.set(t);
              }
            });
    reader.start();
    reading.await();
    shortLived.close();
    reader.join();
    assertThat(end.get()).isInstanceOf(IllegalStateException.class);
    shortLived.close();
    assertThatThrownBy(() -> shortLived.load8(BASE)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> shortLived.discard(BASE, PAGE))
        .isInstanceOf(IllegalStateException.class);
  }

  /** A discard is a call on bare addresses; after a close those may be the JVM's own memory. */
  @Test
  void closeUnderARunningDiscardEndsItCleanly() throws InterruptedException {
    for (int round = 0; round < 50; round++) {
      GuestMemory shortLived = GuestMemory.anonymous(SIZE);
      CountDownLatch discarding = new CountDownLatch(1);
      AtomicReference<Throwable> end = new AtomicReference<>();
      Thread discarder =
          new Thread(
              () -> {
                try {
                  for (; ; ) {
                    shortLived.discard(BASE, SIZE);
                    discarding.countDown();
                  }
                } catch (Throwable t) {
                  end.set(t);
                }
              });
      discarder.start();
      discarding.await();
      shortLived.close();
      discarder.join();
      assertThat(end.get()).isInstanceOf(IllegalStateException.class);
    }
  }
}
