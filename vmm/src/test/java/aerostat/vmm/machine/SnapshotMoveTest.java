package aerostat.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.migration.snapshot.MachineSnapshots;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A whole guest goes through a file again and again (boot, inflate, deflate, churn), each time
 * restored over the last file, and nothing differs from the guest that stayed. Restored memory is
 * given back by the balloon and taken again: the files stay as they were written. {@code
 * -Daerostat.snapshot.each=1} goes through a file at every poll.
 */
final class SnapshotMoveTest {
  private static final int EACH = Integer.getInteger("aerostat.snapshot.each", 5);
  private static final int EARLY = 193;

  private static ScriptedGuest.Reference reference;

  @TempDir Path folder;

  @BeforeAll
  static void runOnce() {
    reference = ScriptedGuest.reference(Script.SHORT);
  }

  @Test
  void chainOfSnapshotsEqualsTheGuestThatStayed() throws Exception {
    ScriptedGuest guest = ScriptedGuest.boot(Script.SHORT);
    int moves = 0;
    try {
      for (long poll = EACH; guest.runTo(poll); poll += EACH) {
        Path file = folder.resolve("at-" + poll);
        MachineSnapshots.save(guest.machine(), file);
        ScriptedGuest restored = guest.restore(file);
        guest.close();
        guest = restored;
        Files.deleteIfExists(folder.resolve("at-" + (poll - EACH)));
        assertThat(guest.hash()).as("restored at poll %d", poll).isEqualTo(reference.hash(poll));
        moves++;
      }
      guest.assertEndedAs(reference, "chain of snapshots");
    } finally {
      guest.close();
    }
    System.out.printf("snapshots: %d restored, one each %d polls, all equal%n", moves, EACH);
    assertThat(moves).isEqualTo(reference.hashes().size() / EACH);
  }

  @Test
  void aRestoredGuestInflatesAndDeflates_andTheFileStaysAsItWas() throws Exception {
    Path file = folder.resolve("early");
    try (ScriptedGuest guest = ScriptedGuest.boot(Script.SHORT)) {
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
