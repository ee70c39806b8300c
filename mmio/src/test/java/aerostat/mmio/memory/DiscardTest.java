package aerostat.mmio.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Discard gives memory back for real, on each back end, by the host kernel's own count (DEV-08).
 */
class DiscardTest {
  private static final long BASE = GuestMemory.RAM_BASE;
  private static final int PAGE = GuestMemory.PAGE_SIZE;
  private static final long SIZE = 16L << 20;

  @TempDir static Path dir;

  private static Path fileOf(byte content, long size) {
    try {
      Path file = Files.createTempFile(dir, "ram", ".bin");
      byte[] bytes = new byte[(int) size];
      Arrays.fill(bytes, content);
      Files.write(file, bytes);
      return file;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static Stream<Arguments> backends() {
    return Stream.of(
            Named.<LongFunction<GuestMemory>>of("anonymous", GuestMemory::anonymous),
            Named.<LongFunction<GuestMemory>>of(
                "memfd", size -> GuestMemory.sharedMemory("aerostat-test", size)),
            Named.<LongFunction<GuestMemory>>of(
                "shared file",
                size -> GuestMemory.sharedFile(dir.resolve("shared-" + System.nanoTime()), size)),
            Named.<LongFunction<GuestMemory>>of(
                "private file",
                size -> GuestMemory.privateFile(fileOf((byte) 0x5a, size), 0, size)))
        .map(Arguments::of);
  }

  @ParameterizedTest
  @MethodSource("backends")
  void returnsMemoryAndReadsZero(LongFunction<GuestMemory> backend) {
    try (GuestMemory memory = backend.apply(SIZE)) {
      memory.fill(BASE, SIZE, (byte) 0x77);
      assertThat(memory.residentBytes()).isEqualTo(SIZE);

      memory.discard(BASE + SIZE / 4, SIZE / 2);
      assertThat(memory.residentBytes()).isEqualTo(SIZE / 2);

      assertThat(memory.isZero(BASE + SIZE / 4, SIZE / 2)).isTrue();
      assertThat(memory.load8(BASE + SIZE / 4 - 1)).isEqualTo(0x77);
      assertThat(memory.load8(BASE + SIZE * 3 / 4)).isEqualTo(0x77);

      memory.fill(BASE + SIZE / 4, SIZE / 2, (byte) 0x11);
      memory.discard(BASE, SIZE);
      assertThat(memory.residentBytes()).isZero();
      assertThat(memory.isZero(BASE, SIZE)).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("backends")
  void takesOnlyWholePagesInsideTheRange(LongFunction<GuestMemory> backend) {
    try (GuestMemory memory = backend.apply(SIZE)) {
      memory.fill(BASE, SIZE, (byte) 0x77);
      memory.dirtyLog().clear();

      memory.discard(BASE + 1, PAGE * 3L);

      assertThat(memory.isZero(BASE + PAGE, PAGE * 2L)).isTrue();
      assertThat(memory.load8(BASE)).isEqualTo(0x77);
      assertThat(memory.load8(BASE + PAGE - 1)).isEqualTo(0x77);
      assertThat(memory.load8(BASE + PAGE * 3)).isEqualTo(0x77);
      PageBitmap dirty = new PageBitmap(memory.pages());
      assertThat(memory.dirtyLog().harvest(dirty)).isEqualTo(2);
      assertThat(dirty.nextSet(0)).isEqualTo(1);

      memory.discard(BASE + 8 * PAGE + 1, PAGE * 2L - 2);
      assertThat(memory.load8(BASE + 8 * PAGE + 1)).isEqualTo(0x77);
      assertThat(memory.dirtyLog().isClean()).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("backends")
  void discardedPagesDoNotFillThemselvesAgain(LongFunction<GuestMemory> backend) {
    try (GuestMemory memory = backend.apply(SIZE)) {
      memory.fill(BASE, SIZE, (byte) 0x77);
      memory.discard(BASE, SIZE);
      // One touched page in each 2 MiB: with huge pages each touch would bring back all of them.
      long touched = 0;
      for (long at = 0; at < SIZE; at += 2L << 20) {
        memory.store8(BASE + at, 1);
        touched += PAGE;
      }
      // A file system may still cache a few pages around a touched one.
      assertThat(memory.residentBytes()).isBetween(touched, 16 * touched);
    }
  }

  /** On a host whose default is to use huge pages, only this flag ("nh") keeps them away. */
  @ParameterizedTest
  @MethodSource("backends")
  void noMappingMayUseHugePages(LongFunction<GuestMemory> backend) throws IOException {
    try (GuestMemory memory = backend.apply(SIZE)) {
      memory.discard(BASE + SIZE / 4, SIZE / 2);
      long from = memory.segment().address();
      int mappings = 0;
      boolean inside = false;
      for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
        if (line.matches("[0-9a-f]+-.*")) {
          long start = Long.parseUnsignedLong(line, 0, line.indexOf('-'), 16);
          inside = start >= from && start < from + SIZE;
        } else if (inside && line.startsWith("VmFlags:")) {
          assertThat(line + " ").contains(" nh ");
          mappings++;
        }
      }
      assertThat(mappings).isBetween(1, 3);
    }
  }

  @Test
  void preparedOrNotMemoryWorks() {
    GuestMemory.prepare();
    try (GuestMemory memory = GuestMemory.anonymous(SIZE)) {
      memory.store8(BASE, 5);
      memory.discard(BASE, PAGE);
      assertThat(memory.load8(BASE)).isZero();
    }
  }

  @Test
  void romIsRefused() {
    try (GuestMemory memory = GuestMemory.anonymous(SIZE)) {
      memory.installRom(new byte[PAGE + 1]);
      assertThatThrownBy(() -> memory.discard(BASE + PAGE, PAGE * 4L))
          .isInstanceOf(GuestAddressException.class)
          .hasMessageContaining("read-only");
      assertThatThrownBy(() -> memory.discard(BASE + SIZE - PAGE, PAGE * 2L))
          .isInstanceOf(GuestAddressException.class)
          .hasMessageContaining("not in RAM");
      memory.discard(BASE + 2 * PAGE, PAGE);
    }
  }
}
