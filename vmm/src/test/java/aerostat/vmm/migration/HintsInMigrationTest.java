package aerostat.vmm.migration;

import static aerostat.vmm.migration.FakeHost.moved;
import static aerostat.vmm.migration.FakeHost.number;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageOwners;
import aerostat.vmm.machine.RunState;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a migration asks of hints, when, and what it leaves out because of them. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class HintsInMigrationTest {
  private static final long MIB = 1 << 20;

  @TempDir Path directory;

  @Test
  void hints_MIG19_followTheRounds_andHintedPagesAreNotSent() throws Exception {
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(64 * MIB));
        FakeHost b = new FakeHost()) {
      a.guest().fillRandom(40 * MIB, 20 * MIB);
      a.guest().balloon.hinting = true;
      a.guest().start();
      a.service.setParameters(Map.of("x-hint-wait", 10_000, "x-verify", "on"));
      a.service.migrate(b.service.listen("tcp:127.0.0.1:0"));
      moved(a, b);

      assertThat(number(a.service.query(), "x-hinted-pages")).isEqualTo(32 * MIB / 4096);
      assertThat(number(a.ram(), "normal")).isLessThan(20 * MIB / 4096);
      assertThat(a.guest().balloon.calls.toString()).matches(">(\\|>)*\\|\\|?\\.");
      b.guest().pause(RunState.PAUSED);
      assertThat(b.guest().lost()).isZero();
    }
  }

  /** DEV-17's other half: what is left out would be zero in each guest that is restored. */
  @Test
  void aSnapshot_MIG28_asksForNoHints() throws Exception {
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(8 * MIB))) {
      a.guest().fillRandom(3 * MIB, MIB);
      a.guest().balloon.hinting = true;
      a.guest().start();
      a.service.migrate("file:" + directory.resolve("hints.snap"));
      assertThat(a.await("completed", "failed")).isEqualTo("completed");
      assertThat(a.guest().balloon.calls).isEmpty();
    }
  }

  /** A guest with 4 MiB that came with bytes, at 20 MiB. */
  private static void arrives(FakeHost from, FakeHost at) throws InterruptedException {
    from.guest().fillRandom(20 * MIB, 4 * MIB);
    from.guest().start();
    from.service.migrate(at.service.listen("tcp:127.0.0.1:0"));
    moved(from, at);
    at.events.clear();
  }

  /** The guest promises hints, but gives none for as long as the source waits. */
  private static void goesOnWithoutHints(FakeHost from, FakeHost to) throws InterruptedException {
    from.guest().balloon.hinting = true;
    from.guest().balloon.mute = true;
    from.service.setParameters(Map.of("x-hint-wait", 300, "x-verify", true));
    from.service.migrate(to.service.listen("tcp:127.0.0.1:0"));
    moved(from, to);
  }

  /** What came with bytes goes on first, while a guest is slow to hint (MIG-20). */
  @Test
  void pagesThatCameInUse_goWhileHintsAreWaitedFor() throws Exception {
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(64 * MIB));
        FakeHost b = new FakeHost();
        FakeHost c = new FakeHost()) {
      arrives(a, b);
      goesOnWithoutHints(b, c);
      assertThat(number(a.service.query(), "x-used-first-pages")).isZero();
      assertThat(number(b.service.query(), "x-used-first-pages"))
          .isBetween(4 * MIB / 4096, 8 * MIB / 4096);
      c.guest().pause(RunState.PAUSED);
      assertThat(c.guest().lost()).isZero();
    }
  }

  /** Their ranges ascend for themselves: those of untouched memory, which follow, begin lower. */
  @Test
  void zeroPagesThatCameInUse_areTakenBeforeLowerUntouchedOnes() throws Exception {
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(64 * MIB));
        FakeHost b = new FakeHost();
        FakeHost c = new FakeHost()) {
      arrives(a, b);
      b.guest().memory.fill(GuestMemory.RAM_BASE + 20 * MIB, 4 * MIB, (byte) 0);
      goesOnWithoutHints(b, c);
      assertThat(number(b.service.query(), "x-used-first-pages")).isPositive();
    }
  }

  /**
   * A guest that touched next to nothing is not asked: its hints would cost more than they save.
   */
  @Test
  void littleThatIsLeft_isNotWorthAHint() throws Exception {
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(512 * MIB));
        FakeHost b = new FakeHost()) {
      a.guest().balloon.hinting = true;
      a.guest().start();
      a.service.setParameters(Map.of("x-hint-wait", 10_000));
      a.service.migrate(b.service.listen("tcp:127.0.0.1:0"));
      moved(a, b);
      assertThat(a.guest().balloon.calls.toString()).isEmpty();
      assertThat(a.service.query()).containsEntry("x-hinted-pages", 0L);
    }
  }

  @Test
  void pagesHintedToAnEarlierMigration_stayBehind_unlessTheyWereWritten() throws Exception {
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(32 * MIB));
        FakeHost b = new FakeHost()) {
      FakeGuest guest = a.guest();
      guest.fillRandom(16 * MIB, 8 * MIB);
      guest.memory.dirtyLog().clear();
      guest.memory.owners().set(GuestMemory.RAM_BASE + 16 * MIB, 8 * MIB, PageOwners.HINTED);
      guest.memory.store64(GuestMemory.RAM_BASE + 20 * MIB, 4711);
      guest.setState(RunState.PAUSED);
      a.service.setParameters(Map.of("x-verify", true));
      a.service.migrate(b.service.listen("tcp:127.0.0.1:0"));
      moved(a, b);

      GuestMemory there = b.guest().memory;
      assertThat(number(a.ram(), "normal")).isEqualTo(1);
      assertThat(number(a.service.query(), "x-hinted-pages")).isEqualTo(8 * MIB / 4096 - 1);
      assertThat(there.load64(GuestMemory.RAM_BASE + 20 * MIB)).isEqualTo(4711);
      assertThat(there.owners().get(GuestMemory.RAM_BASE + 20 * MIB)).isEqualTo(PageOwners.GUEST);
      assertThat(there.owners().counts()[PageOwners.HINTED]).isEqualTo(8 * MIB / 4096 - 1);
      assertThat(there.isZero(GuestMemory.RAM_BASE + 16 * MIB, 4 * MIB)).isTrue();
    }
  }

  @Test
  void withHintingOff_everyPageGoes_hintedOnesToo() throws Exception {
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(8 * MIB));
        FakeHost b = new FakeHost()) {
      FakeGuest guest = a.guest();
      guest.fillRandom(4 * MIB, MIB);
      guest.memory.dirtyLog().clear();
      guest.memory.owners().set(GuestMemory.RAM_BASE + 4 * MIB, MIB, PageOwners.HINTED);
      guest.setState(RunState.PAUSED);
      byte[] before = guest.ram();
      a.service.setParameters(Map.of("x-hinting", false));
      a.service.migrate(b.service.listen("tcp:127.0.0.1:0"));
      moved(a, b);
      assertThat(b.guest().ram()).isEqualTo(before);
      assertThat(b.guest().memory.owners().counts()[PageOwners.HINTED]).isZero();
    }
  }
}
