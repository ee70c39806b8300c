package aerostat.vmm.migration.pages;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageOwners;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.FakeGuest;
import aerostat.vmm.migration.FakeHost;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The host's side of GET_FREE_PAGES (S004): what an answer may take out of a migration. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FreePageAnswerTest {
  private static final long MIB = 1 << 20;
  private static final long FREE = GuestMemory.RAM_BASE + 4 * MIB;
  private static final int PAGE = GuestMemory.PAGE_SIZE;

  private static boolean sent(DirtyPages dirty, long gpa) {
    return dirty.bits().get((gpa - GuestMemory.RAM_BASE) / PAGE);
  }

  @Test
  @DisplayName("S004, R. van Riel: a page that is used again is in the log: it goes after all")
  void usedAgain_logOnBefore() {
    try (FakeHost host = FakeHost.with(FakeGuest.fresh(8 * MIB))) {
      FakeGuest guest = host.guest();
      DirtyPages dirty = new DirtyPages(guest, new PlantedErrors());
      dirty.begin(); // log on
      dirty.sync();
      dirty.requestGoesOut();
      dirty.hint(FREE, 2 * PAGE);
      guest.memory.store64(FREE, 1); // between the bitmap and the end of the migration
      dirty.sync();
      assertThat(sent(dirty, FREE)).isTrue();
      assertThat(sent(dirty, FREE + PAGE)).isFalse();
    }
  }

  @Test
  @DisplayName("S004, MIG-21: with the log switched on after the bitmap the write is lost")
  void usedAgain_logOnAfter() {
    try (FakeHost host = FakeHost.with(FakeGuest.fresh(8 * MIB))) {
      FakeGuest guest = host.guest();
      DirtyPages dirty = new DirtyPages(guest, new PlantedErrors());
      dirty.begin();
      dirty.sync();
      dirty.hint(FREE, PAGE);
      guest.memory.store64(FREE, 1);
      guest.memory.dirtyLog().clear(); // only now does the log begin
      dirty.sync();
      assertThat(sent(dirty, FREE)).isFalse();
    }
  }

  @Test
  @DisplayName(
      "S004, M. Tsirkin: copy the log, clear, OR in what came later: late answers are safe")
  void lateAnswer() {
    try (FakeHost host = FakeHost.with(FakeGuest.fresh(8 * MIB))) {
      FakeGuest guest = host.guest();
      DirtyPages dirty = new DirtyPages(guest, new PlantedErrors());
      dirty.begin();
      dirty.sync();
      dirty.requestGoesOut();
      guest.memory.store64(FREE + PAGE, 1); // free when the bitmap was made, used since
      dirty.sync(); // does not wait for the answer
      guest.memory.owners().set(FREE, 3L * PAGE, PageOwners.HINTED); // the device, and then
      dirty.hint(FREE, 3L * PAGE);
      assertThat(sent(dirty, FREE)).isFalse();
      assertThat(sent(dirty, FREE + PAGE)).as("came later").isTrue();
      assertThat(sent(dirty, FREE + 2 * PAGE)).isFalse();
      assertThat(guest.memory.owners().get(FREE + PAGE)).isEqualTo(PageOwners.GUEST);
      assertThat(guest.memory.owners().get(FREE + 2 * PAGE)).isEqualTo(PageOwners.HINTED);
      assertThat(dirty.free().cardinality()).isEqualTo(2);
    }
  }

  private static FakeHost host() {
    FakeHost host = FakeHost.with(FakeGuest.fresh(64 * MIB));
    host.guest().fillRandom(40 * MIB, 20 * MIB);
    host.guest().balloon.hinting = true;
    host.guest().balloon.requests = true;
    host.guest().start();
    return host;
  }

  @Test
  @DisplayName("x-bitmap-log=copy: a guest that never answers stalls nothing")
  void copyNeverStalls() throws Exception {
    try (FakeHost a = host();
        FakeHost b = new FakeHost()) {
      a.guest().balloon.mute = true;
      a.service.setParameters(Map.of("x-verify", true, "x-hint-wait", 0));
      a.service.migrate(b.service.listen("tcp:127.0.0.1:0"));
      assertThat(a.await("completed", "failed")).isEqualTo("completed");
      b.guest().pause(RunState.PAUSED);
      assertThat(b.guest().lost()).isZero();
    }
  }

  @Test
  @DisplayName("an answer takes its pages out, and the guest is asked once a migration")
  void answered() throws Exception {
    try (FakeHost a = host();
        FakeHost b = new FakeHost()) {
      a.service.setParameters(
          Map.of("x-verify", true, "x-hint-wait", 10_000, "x-bitmap-log", "wait"));
      a.service.migrate(b.service.listen("tcp:127.0.0.1:0"));
      assertThat(a.await("completed", "failed")).isEqualTo("completed");
      assertThat(a.service.query()).containsEntry("x-hinted-pages", 32 * MIB / 4096);
      b.guest().pause(RunState.PAUSED);
      assertThat(b.guest().lost()).isZero();
    }
  }

  @Test
  @DisplayName("x-bitmap-log=wait: a guest that never answers stalls the migration; cancel ends it")
  void waitStalls() throws Exception {
    try (FakeHost a = host();
        FakeHost b = new FakeHost()) {
      a.guest().balloon.mute = true;
      a.service.setParameters(Map.of("x-bitmap-log", "wait", "x-hint-wait", 0));
      a.service.migrate(b.service.listen("tcp:127.0.0.1:0"));
      a.await("active");
      while (Long.valueOf(0).equals(a.ram().get("dirty-sync-count"))
          || !Long.valueOf(0).equals(a.ram().get("remaining"))) {
        Thread.onSpinWait(); // until the first round is over
      }
      assertThat(a.ram()).as("no sync after the first").containsEntry("dirty-sync-count", 1L);
      a.service.cancel();
      assertThat(a.await("cancelled", "completed", "failed")).isEqualTo("cancelled");
    }
  }
}
