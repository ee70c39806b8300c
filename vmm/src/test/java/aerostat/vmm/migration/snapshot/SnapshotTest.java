package aerostat.vmm.migration.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.cli.Main;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineEvent;
import aerostat.vmm.machine.MachineHost;
import aerostat.vmm.machine.MachineSlot;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.MigrationService;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots by the commands, and files that are damaged, forged, or cut. */
@Timeout(120)
class SnapshotTest {
  private static final long MEMORY = 32 << 20;
  private static final int HEADER = 4096;

  @TempDir Path folder;

  /** A process with a kernel guest in it, or room for one. */
  private static final class Place implements AutoCloseable {
    final ByteArrayOutputStream console = new ByteArrayOutputStream();
    final MachineSlot slot =
        new MachineSlot(MachineSlot.ExpectedConfig.NONE, MachineHost.SILENT.withConsole(console));
    final MigrationService service = new MigrationService(slot);
    final LinkedBlockingQueue<MachineEvent> events = new LinkedBlockingQueue<>();

    Place() {
      service.onEvent(events::add);
    }

    static Place withGuest(String append) {
      Place place = new Place();
      place.slot.put(
          Machine.builder().memory(MEMORY).append(append).console(place.console).build());
      place.machine().start();
      return place;
    }

    Machine machine() {
      return java.util.Objects.requireNonNull(slot.machine());
    }

    String await(String... statuses) throws InterruptedException {
      while (true) {
        MachineEvent event = events.poll(30, TimeUnit.SECONDS);
        if (event == null) {
          throw new AssertionError("no end: " + service.query());
        }
        if (event.name().equals("MIGRATION")
            && java.util.List.of(statuses).contains(event.detail())) {
          return event.detail();
        }
      }
    }

    String printed() {
      return console.toString(StandardCharsets.ISO_8859_1);
    }

    void awaitPrinted(String text, int from) {
      while (printed().indexOf(text, from) < 0) {
        assertThat(machine().state()).as(this::printed).isEqualTo(RunState.RUNNING);
        Thread.onSpinWait();
      }
    }

    @Override
    public void close() {
      service.close();
      slot.clear();
    }
  }

  private static String save(Place place, String uri) throws InterruptedException {
    place.events.clear();
    place.service.migrate(uri);
    return place.await("completed", "failed", "cancelled");
  }

  private Path small(String name) throws IOException {
    Path file = folder.resolve(name);
    try (Machine machine =
        Machine.builder().memory(8 << 20).deterministic(3).append("workload=idle").build()) {
      machine.runUntilPoll(3000);
      MachineSnapshots.save(machine, file);
    }
    return file;
  }

  @Test
  void aRunningGuestIsSaved_goesOn_andIsRestoredWithItsDiffs() throws Exception {
    Path whole = folder.resolve("whole");
    Path diff = folder.resolve("diff");
    try (Place a = Place.withGuest("workload=kvstore kvstore.size=1M workload.interval=20");
        Place b = new Place()) {
      a.awaitPrinted("workload-stat", 0);
      assertThat(save(a, "file:" + whole)).isEqualTo("completed");
      a.awaitPrinted("workload-stat", a.printed().length());
      assertThat(save(a, "file:" + diff + ",diff=on")).isEqualTo("completed");
      assertThat(a.machine().state()).isEqualTo(RunState.RUNNING);
      assertThat(nonZeroPages(diff)).isLessThan(nonZeroPages(whole));

      b.service.listen("file:" + diff);
      assertThat(b.machine().state()).isEqualTo(RunState.RUNNING);
      b.awaitPrinted("workload-stat", b.printed().length());
      assertThat(b.printed()).doesNotContain("LOST");
      assertThat(b.service.query()).containsEntry("status", "completed");
      // A restored guest is a base as well, and moves on like any other.
      assertThat(save(b, "file:" + folder.resolve("third") + ",diff=on")).isEqualTo("completed");
    }
    assertThat(Main.run("snapshot", "verify", folder.resolve("third").toString())).isZero();

    // Another file takes the parent's name: the diff must not be laid over it.
    Files.copy(small("other"), whole, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    try (Place c = new Place()) {
      assertThatThrownBy(() -> c.service.listen("file:" + diff))
          .hasMessageContaining("is not the parent of");
      assertThat(c.slot.machine()).isNull();
    }
  }

  /** Long runs of diffs are mapped, short ones copied; each page is what the newest file says. */
  @Test
  void aChainIsRestored_pageByPageFromTheNewestFile_andNoFileChanges() throws Exception {
    Path first = folder.resolve("first");
    Path second = folder.resolve("second");
    Path third = folder.resolve("third");
    try (Place a = Place.withGuest("workload=idle");
        Place b = new Place()) {
      a.awaitPrinted("Memory: ", 0);
      a.machine().pause(RunState.PAUSED);
      GuestMemory memory = a.machine().memory();
      fill(memory, 3000, 3600, 9);
      assertThat(save(a, "file:" + first)).isEqualTo("completed");
      fill(memory, 3000, 3200, 1);
      fill(memory, 4000, 4500, 2);
      fill(memory, 5000, 5003, 3);
      assertThat(save(a, "file:" + second + ",diff=on")).isEqualTo("completed");
      fill(memory, 3100, 3110, 4);
      fill(memory, 4200, 4300, 5);
      fill(memory, 5002, 5004, 6);
      memory.discard(GuestMemory.RAM_BASE + 4400 * 4096L, 50 * 4096L);
      assertThat(save(a, "file:" + third + ",diff=on")).isEqualTo("completed");
      byte[] files = Files.readAllBytes(second);
      byte[] newest = Files.readAllBytes(third);

      b.service.listen("file:" + third);
      GuestMemory restored = b.machine().memory();
      assertThat(restored.residentBytes()).as("what is mapped is not read").isLessThan(1 << 20);
      assertThat(restored.segment().mismatch(memory.segment())).isEqualTo(-1);
      fill(restored, 3000, 5004, 7);
      restored.discard(GuestMemory.RAM_BASE + 3000 * 4096L, 1504 * 4096L);
      assertThat(restored.isZero(GuestMemory.RAM_BASE + 3000 * 4096L, 1504 * 4096L)).isTrue();
      assertThat(Files.readAllBytes(second)).isEqualTo(files);
      assertThat(Files.readAllBytes(third)).isEqualTo(newest);
    }
  }

  private static void fill(GuestMemory memory, int from, int to, int value) {
    memory.fill(GuestMemory.RAM_BASE + from * 4096L, (to - from) * 4096L, (byte) value);
  }

  private static long nonZeroPages(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer page = ByteBuffer.allocate(4096);
      byte[] zero = new byte[4096];
      long count = 0;
      while (channel.read(page.clear()) > 0) {
        count += java.util.Arrays.equals(page.array(), zero) ? 0 : 1;
      }
      return count;
    }
  }

  @Test
  void restoringTouchesOnlyWhatTheGuestTouches_andDiscardNeverBringsOldBytesBack()
      throws Exception {
    Path file = small("file");
    byte[] before = Files.readAllBytes(file);
    try (Machine machine = MachineSnapshots.restore(file, MachineHost.SILENT)) {
      GuestMemory memory = machine.memory();
      assertThat(memory.residentBytes()).isLessThan(memory.size() / 2);
      long from = GuestMemory.RAM_BASE + memory.romSize();
      assertThat(memory.isZero(from, memory.end() - from)).isFalse();
      memory.discard(from, memory.end() - from);
      assertThat(memory.isZero(from, memory.end() - from)).isTrue();
      memory.fill(from, memory.end() - from, (byte) 7);
      memory.discard(from, memory.end() - from);
      assertThat(memory.isZero(from, memory.end() - from)).isTrue();
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
  }

  /** The file is cut behind a restored guest: the guest panics, the process goes on. */
  @Test
  void aFileThatIsCutUnderAGuest_isTheGuestsFault() throws Exception {
    Path file = small("file");
    try (Machine machine = MachineSnapshots.restore(file, MachineHost.SILENT)) {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(HEADER);
      }
      machine.runUntilPoll(Long.MAX_VALUE - 1);
      assertThat(machine.awaitEnd(Duration.ofSeconds(20))).isTrue();
      assertThat(machine.state()).isEqualTo(RunState.GUEST_PANICKED);
    }
    try (Place place = new Place()) {
      assertThatThrownBy(() -> place.service.listen("file:" + file))
          .hasMessageContaining("was cut or overwritten");
    }
  }

  @Test
  void nothingElseIsOverwritten_andAFailedSnapshotLeavesNothing() throws Exception {
    Path thesis = Files.writeString(folder.resolve("thesis"), "two years of work");
    try (Place a = Place.withGuest("workload=idle")) {
      assertThat(save(a, "file:" + thesis)).isEqualTo("failed");
      assertThat(String.valueOf(a.service.query().get("error-desc"))).contains("is no snapshot");
      assertThat(Files.readString(thesis)).isEqualTo("two years of work");
      assertThat(save(a, "file:" + folder.resolve("no/folder"))).isEqualTo("failed");
      assertThat(a.machine().state()).isEqualTo(RunState.RUNNING);
      assertThatThrownBy(() -> a.service.migrate("file:" + folder.resolve("d") + ",diff=on"))
          .hasMessageContaining("make a whole one first");
      assertThatThrownBy(() -> a.service.migrate("file:")).hasMessageContaining("path");
      assertThatThrownBy(() -> a.service.migrate("file:x,diff=maybe"))
          .hasMessageContaining("on or off");
      // Over an older snapshot it is a replacement.
      Path file = folder.resolve("file");
      assertThat(save(a, "file:" + file)).isEqualTo("completed");
      assertThat(save(a, "file:" + file)).isEqualTo("completed");
      assertThat(save(a, "file:" + file + ",diff=on")).isEqualTo("failed");
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left.map(p -> p.getFileName().toString()))
          .containsExactlyInAnyOrder("thesis", "file");
    }
  }

  @Test
  void damagedPages_areFoundByVerify_andOnRequestByTheRestore() throws Exception {
    Path file = small("file");
    byte[] bytes = Files.readAllBytes(file);
    assertThat(Main.run("snapshot", "verify", file.toString())).isZero();
    assertThat(Main.run("snapshot", "info", file.toString())).isZero();
    Random random = new Random(11);
    for (int i = 0; i < 20; i++) {
      byte[] bad = bytes.clone();
      bad[(2 << 20) + (1 << 20) + random.nextInt(4 << 20)] ^= 1;
      Path damaged = Files.write(folder.resolve("damaged"), bad);
      assertThat(Main.run("snapshot", "verify", damaged.toString())).as("damage %d", i).isOne();
      try (Place place = new Place()) {
        place.service.setParameters(java.util.Map.of("x-verify", true));
        assertThatThrownBy(() -> place.service.listen("file:" + damaged)).isNotNull();
        assertThat(place.slot.machine()).isNull();
      }
    }
    assertThat(Main.run("snapshot", "verify", folder.resolve("none").toString())).isEqualTo(3);
  }

  /** Hostile values under right checksums: here only the checks of each value help. */
  @Test
  void hundredsOfForgedManifests_areRefused_orHarmless() throws Exception {
    byte[] good = Files.readAllBytes(small("file"));
    Path forged = folder.resolve("forged");
    int refused = 0;
    Random random = new Random(5);
    for (int i = 0; i < 300; i++) {
      byte[] bad = good.clone();
      ByteBuffer view = ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN);
      int section = random.nextInt(7);
      int place = 48 + 16 * section;
      if (i % 3 == 0) {
        view.putLong(place, random.nextBoolean() ? random.nextLong() : random.nextInt(1 << 24));
      } else if (i % 3 == 1) {
        view.putInt(place + 8, random.nextBoolean() ? random.nextInt() : random.nextInt(5000));
      } else {
        view.put(8 + random.nextInt(40), (byte) random.nextInt());
        forge(view, section, random);
      }
      reseal(view, section);
      Files.write(forged, bad);
      int shown = i;
      try (Place target = new Place()) {
        try {
          target.service.listen("file:" + forged);
        } catch (RuntimeException e) {
          refused++;
          assertThat(e.getMessage()).as("forgery %d", shown).isNotBlank();
          assertThat(target.slot.machine()).as("forgery %d: %s", shown, e).isNull();
        }
      }
    }
    assertThat(refused).isGreaterThan(200);
    for (int length : new int[] {0, 1, HEADER - 1, HEADER, good.length - 1}) {
      Files.write(forged, java.util.Arrays.copyOf(good, length));
      try (Place target = new Place()) {
        assertThatThrownBy(() -> target.service.listen("file:" + forged)).isNotNull();
      }
    }
  }

  /** Changes a byte inside the section. */
  private static void forge(ByteBuffer view, int section, Random random) {
    long offset = view.getLong(48 + 16 * section);
    int length = view.getInt(56 + 16 * section);
    if (length > 0) {
      view.put((int) offset + random.nextInt(length), (byte) random.nextInt());
    }
  }

  private static void reseal(ByteBuffer view, int section) {
    long offset = view.getLong(48 + 16 * section);
    int length = view.getInt(56 + 16 * section);
    if (offset >= 0 && length >= 0 && offset <= view.capacity() - (long) length) {
      view.putInt(60 + 16 * section, crc(view.slice((int) offset, length)));
    }
    view.putInt(HEADER - 4, crc(view.slice(0, HEADER - 4)));
  }

  private static int crc(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
