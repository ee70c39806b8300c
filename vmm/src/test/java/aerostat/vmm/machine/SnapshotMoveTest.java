package aerostat.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.vmm.migration.snapshot.MachineSnapshots;
import aerostat.vmm.migration.snapshot.SnapshotHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;

/**
 * A whole guest goes through a file at every single poll (boot, inflate, deflate, churn, timers,
 * kthreads), each time restored over the last file, and nothing differs from the guest that stayed.
 * Restored memory is given back by the balloon and taken again: the files stay as they were
 * written.
 */
final class SnapshotMoveTest {
  private static final Script SCRIPT = Script.BRIEF;
  private static final int EARLY = 193;
  private static final int DAMAGED = 20;

  /** On a disk each poll would wait for it. */
  static final class InMemory implements TempDirFactory {
    private static final Path MEMORY = Path.of("/dev/shm");

    @Override
    public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext context)
        throws IOException {
      String prefix = SnapshotMoveTest.class.getSimpleName();
      return Files.isWritable(MEMORY)
          ? Files.createTempDirectory(MEMORY, prefix)
          : Files.createTempDirectory(prefix);
    }
  }

  private static ScriptedGuest.Reference reference;

  @TempDir(factory = InMemory.class)
  Path folder;

  @BeforeAll
  static void runOnce() {
    reference = ScriptedGuest.reference(SCRIPT);
    assertThat(reference.console()).contains("mix: done", "churn: done", "lost=0");
    assertThat(reference.leastActual()).isEqualTo(SCRIPT.inflatedTo());
    assertThat(reference.lastActual()).isEqualTo(SCRIPT.memory());
  }

  /** What is done to a file between the two. */
  private interface Storage {
    void at(long poll, Path file) throws IOException;
  }

  /** How often the guest went through a file. */
  private int chain(Storage storage) throws IOException {
    ScriptedGuest guest = ScriptedGuest.boot(SCRIPT);
    int moves = 0;
    try {
      for (long poll = 1; guest.runTo(poll); poll++) {
        Path file = folder.resolve("at-" + poll);
        MachineSnapshots.save(guest.machine(), file);
        storage.at(poll, file);
        ScriptedGuest restored = guest.restore(file);
        guest.close();
        guest = restored;
        Files.deleteIfExists(folder.resolve("at-" + (poll - 1)));
        assertThat(guest.hash()).as("restored at poll %d", poll).isEqualTo(reference.hash(poll));
        moves++;
      }
      guest.assertEndedAs(reference, "chain of snapshots");
      return moves;
    } finally {
      guest.close();
    }
  }

  @Test
  void snapshotAtEveryPollEqualsTheGuestThatStayed() throws Exception {
    int moves = chain((poll, file) -> {});
    int polls = reference.hashes().size();
    System.out.printf("snapshots: one at each poll, %d of %d equal%n", moves, polls);
    assertThat(moves).isEqualTo(polls);
  }

  @Test
  void aBitThatChangesInOneFileIsNoticed() {
    assertThatThrownBy(
            () ->
                chain(
                    (poll, file) -> {
                      if (poll == DAMAGED) {
                        flipInLastPage(file);
                      }
                    }))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("restored at poll " + DAMAGED);
  }

  private static void flipInLastPage(Path file) throws IOException {
    long at = SnapshotHeader.RAM_OFFSET + SCRIPT.memory() - 1;
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer bits = ByteBuffer.allocate(1);
      channel.read(bits, at);
      channel.write(bits.put(0, (byte) (bits.get(0) ^ 1)).rewind(), at);
    }
  }

  @Test
  void aRestoredGuestInflatesAndDeflates_andTheFileStaysAsItWas() throws Exception {
    Path file = folder.resolve("early");
    try (ScriptedGuest guest = ScriptedGuest.boot(SCRIPT)) {
      guest.runTo(EARLY);
      MachineSnapshots.save(guest.machine(), file);
      byte[] before = Files.readAllBytes(file);
      for (int i = 0; i < 2; i++) {
        try (ScriptedGuest restored = guest.restore(file)) {
          restored.runTo(Long.MAX_VALUE);
          restored.assertEndedAs(reference, "restored, time " + i);
        }
      }
      assertThat(Files.readAllBytes(file)).isEqualTo(before);
    }
  }
}
