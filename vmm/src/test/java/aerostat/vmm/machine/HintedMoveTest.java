package aerostat.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.PageOwners;
import aerostat.vmm.image.Flavour;
import aerostat.vmm.migration.SteppedMigration;
import aerostat.vmm.migration.SteppedMigration.Ending;
import aerostat.vmm.migration.postcopy.MissingPages;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A whole guest that checks its own memory moves again and again, each time with hints: two rounds
 * while it runs, then the free set, and with postcopy its other pages after it, as they are
 * touched. What is free and what is still to come reads as junk where nobody may look.
 */
final class HintedMoveTest {
  private static final long MEMORY = 20 << 20;
  private static final long SEED = 27;
  private static final int EACH = 150;
  private static final int WINDOW = 20;
  private static final int AHEAD = 17;

  @ParameterizedTest
  @EnumSource(names = {"FILL", "POSTCOPY"})
  void chainOfMovesWithHints_losesNothing(Ending ending) {
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    Machine guest =
        Machine.builder()
            .memory(MEMORY)
            .append("workload=mix,churn mix.rounds=6 churn.ops=700 churn.threads=2")
            .deterministic(5)
            .console(console)
            .build();
    Random random = new Random(SEED);
    int moves = 0;
    int hinted = 0;
    long free = 0;
    try {
      while (true) {
        SteppedMigration migration = new SteppedMigration(guest, true, ending, error -> false);
        long poll = guest.polls() + random.nextInt(1, EACH);
        rounds(guest, migration, poll, random.nextInt(1, WINDOW));
        guest.runUntilPoll(poll + 2 * WINDOW);
        if (guest.state() != RunState.PAUSED) {
          break;
        }
        migration.finishAll();
        Machine moved = migration.handOver(MachineHost.SILENT.withConsole(console));
        long[] owners = moved.memory().owners().counts();
        free += owners[PageOwners.HINTED];
        hinted += owners[PageOwners.HINTED] > 0 ? 1 : 0;
        moves++;
        MissingPages missing = migration.missing();
        if (missing != null) {
          runAhead(moved, new LazyPages(guest.memory(), moved.memory(), missing));
        }
        guest.close();
        guest = moved;
      }
      assertThat(guest.state()).isEqualTo(RunState.SHUTDOWN);
    } finally {
      guest.close();
    }
    String text = console.toString(StandardCharsets.ISO_8859_1);
    System.out.printf(
        "%s: %d moves, seed %d, %d of them with hinted pages, %d pages in all%n",
        ending, moves, SEED, hinted, free);
    assertThat(text).contains("mix: done").contains("churn: done").contains("lost=0");
    assertThat(text).contains("Power down").doesNotContain("corruption", "LOST", "panic");
    assertThat(moves).isGreaterThan(15);
    assertThat(hinted).isGreaterThan(4);
  }

  /** Two rounds with hints while the guest runs, on its own thread, and what is sent between. */
  private static void rounds(Machine guest, SteppedMigration migration, long poll, int later) {
    long pages = guest.memory().pages();
    guest.at(
        poll,
        () -> {
          migration.begin();
          migration.askForHints();
        });
    guest.at(
        poll + later,
        () -> {
          migration.take(0, pages);
          migration.flush();
        });
    guest.at(
        poll + WINDOW,
        () -> {
          migration.stopHints();
          migration.sync();
          migration.askForHints();
        });
  }

  private static void runAhead(Machine moved, LazyPages lazy) {
    lazy.junkMissing();
    LazyPages.junkHinted(moved.memory());
    moved.await(lazy);
    moved.runUntilPoll(moved.polls() + AHEAD);
    assertThat(moved.flavour()).isEqualTo(Flavour.SANITIZING);
    lazy.rest();
    moved.arrived();
  }
}
