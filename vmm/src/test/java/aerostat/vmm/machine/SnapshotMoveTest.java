package aerostat.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.migration.MachineSnapshots;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A whole guest goes through a file again and again (boot, inflate, deflate, churn), each time
 * restored over the last file, and nothing differs from the guest that stayed. Restored memory is
 * given back by the balloon and taken again: the files stay as they were written.
 */
final class SnapshotMoveTest {
  private static final int EACH = 193;

  private static ScriptedGuest.Reference reference;

  @TempDir Path folder;

  @BeforeAll
  static void runOnce() {
    reference = ScriptedGuest.reference();
  }

  @Test
  void chainOfSnapshotsEqualsTheGuestThatStayed() throws Exception {
    ScriptedGuest guest = ScriptedGuest.boot();
    int moves = 0;
    try {
      for (long poll = EACH; guest.runTo(poll); poll += EACH) {
        Path file = folder.resolve("at-" + poll);
        MachineSnapshots.save(guest.machine(), file);
        ScriptedGuest restored = guest.restore(file);
        guest.close();
        guest = restored;
        assertThat(guest.hash()).as("restored at poll %d", poll).isEqualTo(reference.hash(poll));
        moves++;
      }
      guest.assertEndedAs(reference, "chain of snapshots");
    } finally {
      guest.close();
    }
    System.out.println("snapshots: " + moves + " restored, all equal");
    assertThat(moves).isGreaterThan(20);
  }

  @Test
  void aRestoredGuestInflatesAndDeflates_andTheFileStaysAsItWas() throws Exception {
    Path file = folder.resolve("early");
    try (ScriptedGuest guest = ScriptedGuest.boot()) {
      guest.runTo(EACH);
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
