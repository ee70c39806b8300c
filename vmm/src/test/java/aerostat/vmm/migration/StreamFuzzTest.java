package aerostat.vmm.migration;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageOwners;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.control.MigrationStats;
import aerostat.vmm.migration.destination.StreamLoader;
import aerostat.vmm.migration.guest.SetupMessage;
import aerostat.vmm.migration.pages.DirtyPages;
import aerostat.vmm.migration.pages.PageSender;
import aerostat.vmm.migration.pages.PlantedErrors;
import aerostat.vmm.migration.pages.SourceStream;
import aerostat.vmm.migration.transport.MemoryTransport;
import aerostat.vmm.migration.wire.HandoverMessage;
import aerostat.vmm.migration.wire.Link;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.WireHeader;
import aerostat.vmm.migration.wire.WireWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** A recorded stream, damaged in every way that comes to mind, against the real loader. */
class StreamFuzzTest {
  private static final UUID ID = new UUID(7, 8);
  private static final long MEMORY = 2 << 20;

  /** How a stream ended: loaded, or refused with an exception that names a reason. */
  private record Outcome(boolean loaded, String reason, boolean leftOver) {}

  private static byte[] record(boolean liveFirst) throws IOException {
    FakeGuest guest = FakeGuest.fresh(MEMORY);
    try {
      guest.fillRandom(1 << 20, 5 * 4096 + 100);
      guest.memory.owners().set(GuestMemory.RAM_BASE + MEMORY / 2, 8192, PageOwners.BALLOON);
      MemoryTransport.Pipe pipe = new MemoryTransport.Pipe();
      WireWriter out = new WireWriter(new MemoryTransport(new MemoryTransport.Pipe(), pipe));
      DirtyPages dirty = new DirtyPages(guest, new PlantedErrors());
      dirty.begin();
      SourceStream.setup(SetupMessage.of(ID, guest, true, 0), guest.imageBytes(), out);
      PageSender sender =
          new PageSender(guest.memory, out, dirty, new MigrationStats(ID, MEMORY), total -> {});
      if (liveFirst) {
        sender.round();
        SourceStream.barrier(1, 0, out);
        guest.memory.store64(guest.memory.end() - 8, 5);
        dirty.sync();
      }
      out.paused();
      sender.round();
      SourceStream.state(guest, dirty.free(), null, out);
      out.send(new HandoverMessage.Final(ID, 0, out.pausedDigest(), true));
      return pipe.pending();
    } finally {
      guest.close();
    }
  }

  private static Outcome load(byte[] stream) {
    List<FakeGuest> built = new ArrayList<>();
    FakeHost host = new FakeHost();
    Link link =
        new Link(new MemoryTransport(MemoryTransport.Pipe.of(stream), new MemoryTransport.Pipe()));
    boolean loaded = false;
    String reason = "";
    try {
      WireHeader header = link.in().next();
      link.expect(header, MessageType.SETUP);
      SetupMessage setup = SetupMessage.decode(link.in().fields(), link.in().version());
      try (StreamLoader loader = new StreamLoader(link, host, setup, (l, h) -> {})) {
        loader.accept();
        loader.load();
        loaded = true;
      }
    } catch (IOException e) {
      reason = String.valueOf(e.getMessage());
    } finally {
      built.addAll(host.built);
      host.close();
    }
    return new Outcome(loaded, reason, built.stream().anyMatch(guest -> !guest.closed));
  }

  @Test
  void theStreamAsRecorded_isLoaded() throws IOException {
    assertThat(load(record(true))).isEqualTo(new Outcome(true, "", false));
    assertThat(load(record(false))).isEqualTo(new Outcome(true, "", false));
  }

  @Test
  void cutAnywhere_isRefused_andLeavesNothing() throws IOException {
    byte[] stream = record(true);
    Random random = new Random(1);
    // Every byte of the small messages at both ends, samples of the pages between.
    for (int length = 0; length < stream.length; ) {
      byte[] cut = java.util.Arrays.copyOf(stream, length);
      int at = length;
      assertThat(load(cut))
          .as(() -> "cut at " + at)
          .matches(o -> !o.loaded() && !o.leftOver() && !o.reason().isEmpty());
      boolean edge = length < 400 || length > stream.length - 400;
      length += edge ? 1 : 1 + random.nextInt(200);
    }
  }

  @Test
  void oneFlippedBit_afterThePauseOrInAHeader_isRefused() throws IOException {
    byte[] stream = record(false);
    for (int seed = 0; seed < 600; seed++) {
      Random random = new Random(seed);
      byte[] bad = stream.clone();
      int bit = random.nextInt(bad.length * 8);
      bad[bit / 8] ^= (byte) (1 << (bit % 8));
      int where = bit / 8;
      int shown = seed;
      assertThat(load(bad))
          .as(() -> "seed " + shown + ", byte " + where)
          .matches(o -> !o.loaded() && !o.leftOver() && !o.reason().isEmpty());
    }
  }

  @Test
  void manyRandomBytes_neverHarm() throws IOException {
    byte[] stream = record(true);
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      byte[] bad = stream.clone();
      int from = random.nextInt(bad.length);
      for (int i = 0; i < 1 + random.nextInt(200) && from + i < bad.length; i++) {
        bad[from + i] = (byte) random.nextInt();
      }
      int shown = seed;
      assertThat(load(bad)).as(() -> "seed " + shown).matches(o -> !o.leftOver());
    }
  }

  /** Hostile values under right checksums: here only the checks of each value help. */
  @Test
  void hostileFields_withRightChecksums_areRefused() throws IOException {
    byte[] stream = record(true);
    int tried = 0;
    int refused = 0;
    for (int start = 0; start < stream.length; ) {
      ByteBuffer view = ByteBuffer.wrap(stream).order(ByteOrder.LITTLE_ENDIAN);
      int payload = view.getInt(start + 16);
      int data = view.getInt(start + 20);
      boolean last = start + WireHeader.BYTES + payload + data == stream.length;
      for (int at = 0; at < payload; at += Math.max(1, payload / 40)) {
        for (byte value : new byte[] {0, (byte) 0xff, 0x7f, (byte) 0x80}) {
          byte[] bad = stream.clone();
          int where = start + WireHeader.BYTES + at;
          if (bad[where] == value) {
            continue;
          }
          bad[where] = value;
          seal(bad, start, payload);
          tried++;
          int offset = at;
          int message = start;
          Outcome outcome = load(bad);
          assertThat(outcome)
              .as(() -> "message at " + message + " payload byte " + offset)
              .matches(o -> !o.leftOver() && o.loaded() == o.reason().isEmpty());
          refused += outcome.loaded() ? 0 : 1;
        }
      }
      assertThat(last || start + WireHeader.BYTES + payload + data < stream.length).isTrue();
      start += WireHeader.BYTES + payload + data;
    }
    System.out.printf("stream: %d of %d hostile values refused%n", refused, tried);
    assertThat(tried).isGreaterThan(500);
    assertThat(refused).isGreaterThan(tried * 9 / 10);
  }

  private static void seal(byte[] stream, int start, int payload) {
    ByteBuffer view = ByteBuffer.wrap(stream).order(ByteOrder.LITTLE_ENDIAN);
    CRC32C crc = new CRC32C();
    crc.update(stream, start + WireHeader.BYTES, payload);
    view.putInt(start + 24, (int) crc.getValue());
    crc.reset();
    crc.update(stream, start, WireHeader.BYTES - 4);
    view.putInt(start + WireHeader.BYTES - 4, (int) crc.getValue());
  }

  @Test
  void aStateThatADeviceRefuses_isARefusal() throws IOException {
    FakeGuest guest = FakeGuest.fresh(MEMORY);
    guest.slice.set(java.lang.foreign.ValueLayout.JAVA_LONG, 8, -5);
    guest.setState(RunState.PAUSED);
    try (FakeHost host = new FakeHost()) {
      org.assertj.core.api.Assertions.assertThatThrownBy(
              () -> InProcessMove.move(guest, host::build))
          .hasMessageContaining("negative counter");
      assertThat(host.built).hasSize(1).allMatch(left -> left.closed);
      assertThat(guest.state()).isEqualTo(RunState.PAUSED);
    } finally {
      guest.close();
    }
  }

  /** A round that goes on where one ended early comes to lower pages at its end. */
  @Test
  void pagesThatAreTakenBackwards_goInMessagesOfTheirOwn() throws IOException {
    try (WrittenStream stream = new WrittenStream(MEMORY, true)) {
      stream.guest.fillRandom(1 << 20, 100 * 4096);
      for (long from = stream.guest.memory.pages() - 7; from > 0; from -= 7) {
        for (long page = from; page >= 0; ) {
          page = stream.sender.next(page, from + 7);
        }
      }
      stream.dirty.lastSync();
      stream.out.paused();
      stream.sender.round();
      stream.end(true, null);
      FakeGuest arrived = WrittenStream.load(stream.bytes());
      assertThat(arrived.ram()).isEqualTo(stream.guest.ram());
      arrived.close();
    }
  }

  @Test
  void tenMovesInProcess_keepEveryByte() {
    FakeGuest guest = FakeGuest.fresh(4 << 20);
    guest.fillRandom(3 << 20, 300_000);
    try (FakeHost host = new FakeHost()) {
      for (int i = 0; i < 10; i++) {
        guest.start();
        long before = guest.steps();
        while (guest.steps() < before + 20) {
          Thread.onSpinWait();
        }
        guest.pause(RunState.PAUSED);
        byte[] ram = guest.ram();
        long steps = guest.steps();
        FakeGuest moved = (FakeGuest) InProcessMove.move(guest, host::build);
        assertThat(moved.ram()).isEqualTo(ram);
        assertThat(moved.steps()).isEqualTo(steps);
        assertThat(moved.lost()).isZero();
        guest.close();
        guest = moved;
      }
    } finally {
      guest.close();
    }
  }
}
