package aerostat.vmm.migration.pages;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageOwners;
import aerostat.vmm.migration.FakeGuest;
import aerostat.vmm.migration.FakeHost;
import aerostat.vmm.migration.control.MigrationStats;
import aerostat.vmm.migration.transport.MemoryTransport;
import aerostat.vmm.migration.wire.Link;
import java.io.IOException;
import java.util.UUID;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The migration's bitmap against the log below it, step by step. */
class DirtyPagesTest {
  private static final int PAGE = GuestMemory.PAGE_SIZE;
  private static final long AT = GuestMemory.RAM_BASE + (4 << 20);

  private final FakeHost host = FakeHost.with(FakeGuest.fresh(8 << 20));
  private final GuestMemory memory = host.guest().memory;
  private final DirtyPages dirty = new DirtyPages(host.guest(), new PlantedErrors());
  private final long page = (AT - GuestMemory.RAM_BASE) / PAGE;

  @AfterEach
  void close() {
    host.close();
  }

  @Test
  @DisplayName(
      "MIG-01: all pages but the image's, whatever the log says; then the log is on, empty")
  void begin() {
    memory.store64(AT, 1);
    dirty.begin();
    assertThat(dirty.remaining()).isEqualTo(memory.pages() - memory.romSize() / PAGE);
    assertThat(memory.dirtyLog().isClean()).isTrue();
  }

  @Test
  @DisplayName("MIG-02: a sync moves the log in and counts what it did not have")
  void sync() {
    dirty.begin();
    memory.store64(AT, 1);
    assertThat(dirty.sync()).as("all ones already").isZero();
    dirty.taken(page, page + 2);
    memory.store64(AT, 2);
    memory.store64(AT + PAGE, 2);
    assertThat(dirty.sync()).isEqualTo(2);
    assertThat(dirty.sync()).as("the log was cleared").isZero();
  }

  @Test
  @DisplayName("MIG-04: the bit goes before the page is read, so a write in between is not lost")
  void clearBeforeRead() {
    dirty.begin();
    dirty.sync();
    dirty.taken(page, page + 1);
    memory.store64(AT, 3); // the sender reads old or new, half or all
    dirty.sync();
    assertThat(dirty.bits().get(page)).isTrue();
  }

  @Test
  @DisplayName("MIG-08: of a page of zeros no data goes, although it was written")
  void zeroPages() throws IOException {
    memory.store64(AT, 1);
    memory.store64(AT + PAGE, 1);
    memory.store64(AT + PAGE, 0);
    dirty.begin();
    Link link =
        new Link(new MemoryTransport(new MemoryTransport.Pipe(), new MemoryTransport.Pipe()));
    MigrationStats stats = new MigrationStats(new UUID(0, 8), memory.size());
    new PageSender(memory, link.out(), dirty, stats, total -> {}).round();
    assertThat(stats.toMap().get("ram"))
        .asInstanceOf(InstanceOfAssertFactories.MAP)
        .containsEntry("normal", 1L)
        .containsEntry("duplicate", memory.pages() - memory.romSize() / PAGE - 1);
  }

  @Test
  @DisplayName("MIG-09, EDGE-26: hinted in one round and written later: sent in a later one")
  void hintedThenWritten() {
    dirty.begin();
    dirty.sync();
    dirty.hint(AT, 2L * PAGE);
    memory.store64(AT, 4);
    dirty.sync();
    assertThat(dirty.bits().get(page)).isTrue();
    assertThat(dirty.bits().get(page + 1)).isFalse();
    assertThat(dirty.free().get(page)).isFalse();
    assertThat(dirty.free().get(page + 1)).isTrue();
  }

  @Test
  @DisplayName("MIG-23: a hint that is finished after the sync that found the write loses it")
  void hintAfterSync() {
    dirty.begin();
    dirty.sync();
    dirty.taken(page, page + 1);
    memory.store64(AT, 5);
    dirty.sync(); // B has it, L is zero; a stop before it, under the lock, forbids what follows
    dirty.hint(AT, PAGE);
    dirty.sync();
    assertThat(dirty.bits().get(page)).isFalse();
  }

  @Test
  @DisplayName("MIG-20: a hint for a page that was sent already gains nothing")
  void hintedTooLate() {
    dirty.begin();
    dirty.sync();
    dirty.taken(page, page + 1);
    dirty.hint(AT, 2L * PAGE);
    assertThat(dirty.hinted()).isEqualTo(1);
  }

  @Test
  @DisplayName("MIG-26: of reported pages the host has the content destroyed, and sends the zeros")
  void reported() {
    memory.store64(AT, 5);
    memory.store64(AT + PAGE, 5);
    memory.discard(AT, 2L * PAGE);
    memory.owners().set(AT, 2L * PAGE, PageOwners.REPORTED);
    memory.store64(AT, 6); // in use again before the migration begins
    dirty.begin();
    dirty.sync();
    assertThat(memory.owners().get(AT)).isEqualTo(PageOwners.GUEST);
    assertThat(memory.owners().get(AT + PAGE)).isEqualTo(PageOwners.REPORTED);
    dirty.taken(page, page + 2);
    memory.discard(AT, PAGE); // reported while it is moved, after it was sent
    memory.owners().set(AT, PAGE, PageOwners.REPORTED);
    dirty.sync();
    assertThat(dirty.bits().get(page)).isTrue();
    assertThat(memory.owners().get(AT)).isEqualTo(PageOwners.REPORTED);
  }
}
