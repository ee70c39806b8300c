package aerostat.mmio.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is special about RAM that a file stands behind. */
class FileBackedRamTest {
  private static final long BASE = GuestMemory.RAM_BASE;
  private static final int PAGE = GuestMemory.PAGE_SIZE;
  private static final int PAGES = 512;
  private static final long SIZE = (long) PAGES * PAGE;

  @TempDir Path dir;

  private Path snapshot(byte[] content) throws IOException {
    return Files.write(dir.resolve("snapshot"), content);
  }

  private static byte[] noise(int length) {
    byte[] bytes = new byte[length];
    new Random(42).nextBytes(bytes);
    return bytes;
  }

  @Test
  void privateFileStartsAsTheFileAndNeverChangesIt() throws IOException {
    byte[] content = noise((int) SIZE + 2 * PAGE);
    Path file = snapshot(content);
    try (GuestMemory memory = GuestMemory.privateFile(file, PAGE, SIZE)) {
      MemorySegment expected = MemorySegment.ofArray(content);
      assertThat(memory.mismatch(BASE, expected, PAGE, SIZE)).isEqualTo(-1);
      memory.fill(BASE, SIZE, (byte) 1);
      memory.discard(BASE, SIZE);
      memory.fill(BASE + SIZE / 2, SIZE / 2, (byte) 2);
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(content);
  }

  @Test
  void layersOfOtherFilesLieOverTheFirst_andNoFileChanges() throws IOException {
    byte[] first = noise((int) SIZE);
    byte[] second = new byte[64 * PAGE];
    java.util.Arrays.fill(second, (byte) 3);
    Path base = snapshot(first);
    Path over = Files.write(dir.resolve("diff"), second);
    List<FileLayer> layers =
        List.of(
            new FileLayer(over, 2 * PAGE, 10L * PAGE, 5L * PAGE),
            new FileLayer(over, 0, SIZE - 64L * PAGE, 64L * PAGE));
    try (GuestMemory memory = GuestMemory.privateFiles(base, 0, SIZE, layers)) {
      MemorySegment expected = MemorySegment.ofArray(first);
      expected.asSlice(10L * PAGE, 5L * PAGE).fill((byte) 3);
      expected.asSlice(SIZE - 64L * PAGE).fill((byte) 3);
      assertThat(memory.mismatch(BASE, expected, 0, SIZE)).isEqualTo(-1);
      memory.store64(BASE + 11L * PAGE, -1);
      memory.discard(BASE + 10L * PAGE, 3L * PAGE);
      assertThat(memory.isZero(BASE + 10L * PAGE, 3L * PAGE)).as("no old bytes").isTrue();
      assertThat(memory.load8(BASE + 13L * PAGE)).isEqualTo(3);
      memory.fill(BASE + SIZE - PAGE, PAGE, (byte) 9);
    }
    assertThat(Files.readAllBytes(over)).isEqualTo(second);
    for (FileLayer bad :
        List.of(
            new FileLayer(over, PAGE, 0, 64L * PAGE),
            new FileLayer(over, 0, SIZE - PAGE, 2L * PAGE),
            new FileLayer(over, 0, -PAGE, PAGE),
            new FileLayer(over, -PAGE, 0, PAGE),
            new FileLayer(over, 0, 0, 0))) {
      assertThatThrownBy(() -> GuestMemory.privateFiles(base, 0, SIZE, List.of(bad)).close())
          .as(bad::toString)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(
            () ->
                GuestMemory.privateFiles(
                        base,
                        0,
                        SIZE,
                        Collections.nCopies(
                            PrivateFileRam.MAX_LAYERS + 1, new FileLayer(over, 0, 0, PAGE)))
                    .close())
        .hasMessageContaining("layers, at most");
  }

  @Test
  void discardedPagesOfAPrivateFileNeverShowOldBytesAgain() throws IOException {
    Path file = snapshot(noise((int) SIZE));
    long seed = 7;
    Random random = new Random(seed);
    try (GuestMemory memory = GuestMemory.privateFile(file, 0, SIZE)) {
      boolean[] gone = new boolean[PAGES];
      for (int round = 0; round < 300; round++) {
        int from = random.nextInt(PAGES);
        int count = 1 + random.nextInt(Math.min(16, PAGES - from));
        if (random.nextBoolean()) {
          memory.fill(BASE + (long) from * PAGE, (long) count * PAGE, (byte) round);
        }
        memory.discard(BASE + (long) from * PAGE, (long) count * PAGE);
        for (int page = from; page < from + count; page++) {
          gone[page] = true;
        }
        for (int page = 0; page < PAGES; page++) {
          assertThat(memory.isZero(BASE + (long) page * PAGE, PAGE))
              .as("seed %d, round %d, page %d", seed, round, page)
              .isEqualTo(gone[page]);
        }
      }
    }
  }

  @Test
  void mappingsOfAPrivateFileStayBounded() throws IOException {
    Path file = snapshot(noise((int) SIZE));
    int limit = 32;
    PrivateFileRam ram = new PrivateFileRam(file, 0, SIZE, limit);
    try (GuestMemory memory = new GuestMemory(ram)) {
      for (long page = 0; page < PAGES; page += 2) {
        memory.discard(BASE + page * PAGE, PAGE);
        assertThat(memory.isZero(BASE + page * PAGE, PAGE)).isTrue();
        assertThat(memory.isZero(BASE + (page + 1) * PAGE, PAGE)).isFalse();
      }
      assertThat(ProcessMaps.count(memory.segment().address(), SIZE))
          .isLessThanOrEqualTo(limit)
          .isGreaterThan(limit / 2);
    }
  }

  /** Page by page, as a balloon inflates: the kernel merges what touches. */
  @Test
  void neighbouringDiscardsOfAPrivateFileBecomeOneMapping() throws IOException {
    Path file = snapshot(noise((int) SIZE));
    int limit = 32;
    PrivateFileRam ram = new PrivateFileRam(file, 0, SIZE, limit);
    try (GuestMemory memory = new GuestMemory(ram)) {
      for (long page = 0; page < PAGES; page++) {
        memory.discard(BASE + page * PAGE, PAGE);
      }
      assertThat(memory.residentBytes()).isZero();
      assertThat(ProcessMaps.count(memory.segment().address(), SIZE)).isLessThan(8);
    }
  }

  @Test
  void aShortFileIsRefused() throws IOException {
    Path file = snapshot(noise((int) SIZE));
    for (long offset : new long[] {PAGE, -PAGE, Long.MAX_VALUE - PAGE + 1}) {
      assertThatThrownBy(() -> GuestMemory.privateFile(file, offset, SIZE))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("" + SIZE);
    }
    assertThatThrownBy(() -> GuestMemory.privateFile(dir.resolve("none"), 0, SIZE))
        .hasMessageContaining("none");
  }

  @Test
  void aSharedFileShowsTheGuestsBytesToOthers() throws IOException {
    Path file = dir.resolve("ram");
    try (GuestMemory memory = GuestMemory.sharedFile(file, SIZE);
        FileChannel channel =
            FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        Arena arena = Arena.ofConfined()) {
      MemorySegment other = channel.map(FileChannel.MapMode.READ_WRITE, 0, SIZE, arena);
      memory.fill(BASE, SIZE, (byte) 9);
      assertThat(memory.mismatch(BASE, other, 0, SIZE)).isEqualTo(-1);
      memory.discard(BASE, SIZE / 2);
      assertThat(ZeroTest.isZero(other, 0, SIZE / 2)).isTrue();
      assertThat(Files.size(file)).isEqualTo(SIZE);
    }
  }

  @Test
  void aMemoryFileStartsEmptyAndHasOneHolder() throws IOException {
    Path file = dir.resolve("ram");
    try (GuestMemory first = GuestMemory.sharedFile(file, SIZE)) {
      first.fill(BASE, SIZE, (byte) 9);
      assertThatThrownBy(() -> GuestMemory.sharedFile(file, SIZE))
          .isInstanceOf(HostMemoryException.class)
          .hasMessageContaining("in use");
      assertThat(first.load8(BASE)).isEqualTo(9);
    }
    try (GuestMemory second = GuestMemory.sharedFile(file, SIZE)) {
      assertThat(second.isZero(BASE, SIZE)).isTrue();
    }
  }

  @Test
  void somebodyElsesFileIsNotOverwritten() throws IOException {
    Path file = Files.writeString(dir.resolve("thesis"), "two years of work");
    assertThatThrownBy(() -> GuestMemory.sharedFile(file, SIZE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("17 bytes");
    assertThat(Files.readString(file)).isEqualTo("two years of work");
    assertThatThrownBy(() -> GuestMemory.sharedFile(dir, SIZE))
        .hasMessageContaining(dir.toString());
    assertThatThrownBy(() -> GuestMemory.sharedFile(dir.resolve("no/folder"), SIZE))
        .isInstanceOf(HostMemoryException.class)
        .hasMessageContaining("No such file");
  }

  @Test
  void whereTheHostCannotDiscardPagesAreZeroed() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(3L * PAGE).fill((byte) 3);
      ZeroInstead zeroInstead = new ZeroInstead("test");
      zeroInstead.zero(memory, PAGE, PAGE, Libc.ENOSYS);
      assertThat(ZeroTest.isZero(memory, PAGE, PAGE)).isTrue();
      assertThat(memory.get(java.lang.foreign.ValueLayout.JAVA_BYTE, PAGE - 1)).isEqualTo((byte) 3);
      assertThat(memory.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 2 * PAGE)).isEqualTo((byte) 3);
    }
  }
}
