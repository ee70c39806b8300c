package aerostat.devices.balloon;

import static aerostat.devices.balloon.BalloonRig.FREE;
import static aerostat.devices.balloon.BalloonRig.pfn;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageOwners;
import aerostat.mmio.mock.MockRing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A failure of the host in the middle of an element costs the device, and nobody a page. */
class HostFailureTest {
  private static final BalloonOptions REPORTING = new BalloonOptions(true, true, false, false);
  private static final long OTHER = FREE + (1 << 20);

  @TempDir Path dir;

  private static void failOnce(LargePageRam ram, boolean error) {
    ram.beforeDiscard =
        () -> {
          ram.beforeDiscard = () -> {};
          if (error) {
            throw new InternalError("a fault occurred in an unsafe memory access operation");
          }
          throw new UncheckedIOException(new IOException("/proc/self/smaps"));
        };
  }

  @ParameterizedTest(name = "DEV-04: a discard that throws; reported {0}, an error {1}")
  @CsvSource({"false, false", "false, true", "true, false", "true, true"})
  void theNextDriverLosesNothing(boolean reported, boolean error) {
    LargePageRam ram = new LargePageRam(BalloonRig.SIZE, GuestMemory.PAGE_SIZE);
    try (BalloonRig rig = new BalloonRig(REPORTING, false, new GuestMemory(ram))) {
      failOnce(ram, error);
      discard(rig, reported, FREE);
      assertThat(rig.broken()).isTrue();
      rig.memory.fill(FREE, 4096, (byte) 0x77);
      discard(rig, reported, OTHER);
      assertThat(rig.memory.load8(FREE)).isEqualTo(0x77);
      assertThat(rig.owner(FREE)).isEqualTo(PageOwners.GUEST);
      assertThat(ram.discards)
          .containsExactly(new LargePageRam.Discard(OTHER - GuestMemory.RAM_BASE, 4096));
    }
  }

  /** By a driver that has just come. */
  private static void discard(BalloonRig rig, boolean reported, long gpa) {
    MockRing[] rings = rig.start(5);
    if (reported) {
      rings[4].send(MockRing.in(gpa, 4096));
    } else {
      rings[0].send(rig.driver.out32(pfn(gpa)));
    }
  }

  @Test
  @DisplayName(
      "RAM whose file shrinks under statistics: what is in flight then moves with the guest")
  void halfReadStatistics() throws IOException {
    Path file = dir.resolve("ram");
    GuestMemory memory = GuestMemory.sharedFile(file, BalloonRig.SIZE);
    try (BalloonRig rig = new BalloonRig(REPORTING, false, memory);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      MockRing ring = rig.start(5)[2];
      channel.truncate(BalloonRig.SIZE - 4096);
      ring.send(MockRing.out(memory.end() - 4096, 10));
      assertThat(rig.broken()).isTrue();
      byte[] state = rig.flat.save();
      rig.flat.restore(state);
      assertThat(rig.flat.save()).isEqualTo(state);
    }
  }

  @Test
  @DisplayName("RAM whose file shrinks under an array: what was read of it is dropped")
  void halfReadArray() throws IOException {
    Path file = dir.resolve("ram");
    GuestMemory memory = GuestMemory.sharedFile(file, BalloonRig.SIZE);
    try (BalloonRig rig = new BalloonRig(REPORTING, false, memory);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      MockRing ring = rig.start(5)[0];
      long array = memory.end() - 8192;
      for (int i = 0; i < 1024; i++) {
        memory.store32(array + 4L * i, pfn(FREE) + i);
      }
      channel.truncate(BalloonRig.SIZE - 4096);
      ring.send(MockRing.out(array, 8192));
      assertThat(rig.broken()).isTrue();
      memory.fill(FREE, 4096, (byte) 0x77);
      rig.start(5)[0].send(rig.driver.out32(pfn(GuestMemory.RAM_BASE + (2 << 20))));
      assertThat(rig.broken()).isFalse();
      assertThat(memory.load8(FREE)).isEqualTo(0x77);
      assertThat(rig.owner(FREE)).isEqualTo(PageOwners.GUEST);
    }
  }
}
