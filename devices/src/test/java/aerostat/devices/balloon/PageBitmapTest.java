package aerostat.devices.balloon;

import static aerostat.devices.balloon.BalloonRig.FREE;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.PageOwners;
import aerostat.mmio.mock.MockRing;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** S004, M. Tsirkin: the bitmap for inflate and deflate as well, and a queue that does both. */
class PageBitmapTest {
  private final BalloonRig rig =
      new BalloonRig(
          BalloonOptions.DEFAULT
              .with(BalloonProperty.PAGE_BITMAP, true)
              .with(BalloonProperty.INFLATE_DEFLATE, true),
          false);
  private final MockRing[] rings = rig.start(5); // dense: the own queue comes after hinting

  @AfterEach
  void close() {
    rig.close();
  }

  private MockRing.Part pages(long first, long length, long bits) {
    return rig.driver.out(
        ByteBuffer.allocate(24)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(first)
            .putLong(length)
            .putLong(bits)
            .array());
  }

  @Test
  @DisplayName("PAGE_BITMAP: a bitmap of 64 pages inflates and deflates what its bits say")
  void inflateAndDeflate() {
    assertThat(rig.balloon.isPrompt(0)).isFalse(); // it may mean many pages
    rig.memory.fill(FREE, 1 << 18, (byte) 0x77);
    rings[0].send(pages(FREE >>> 12, 8, 0x8000_0000_0000_0005L));
    assertThat(rig.memory.owners().counts()[PageOwners.BALLOON]).isEqualTo(3);
    assertThat(rig.memory.isZero(FREE + 2 * 4096, 4096)).isTrue();
    assertThat(rig.memory.load8(FREE + 4096)).isEqualTo(0x77);
    rings[1].send(pages(FREE >>> 12, 8, 5));
    assertThat(rig.owner(FREE)).isEqualTo(PageOwners.GUEST);
    assertThat(rig.owner(FREE + 63 * 4096)).isEqualTo(PageOwners.BALLOON);
    assertThat(rings[0].poll()).isEqualTo(new MockRing.Used(0, 0));
  }

  @Test
  @DisplayName("INFLATE_DEFLATE: discarded, and the guest's again with the acknowledgement")
  void inOneGo() {
    rig.memory.fill(FREE, 8192, (byte) 0x77);
    rings[4].send(pages(FREE >>> 12, 8, 1));
    assertThat(rig.memory.isZero(FREE, 4096)).isTrue();
    assertThat(rig.memory.load8(FREE + 4096)).isEqualTo(0x77);
    assertThat(rig.owner(FREE)).isEqualTo(PageOwners.GUEST);
    assertThat(rig.counted(BalloonCounter.PAGES_INFLATED)).isEqualTo(1);
    assertThat(rig.counted(BalloonCounter.PAGES_DEFLATED)).isEqualTo(1);
    rig.balloon.inhibitDiscards(true);
    rings[4].send(pages(FREE >>> 12, 8, 2));
    assertThat(rig.memory.load8(FREE + 4096)).as("DEV-03").isEqualTo(0x77);
  }

  @ParameterizedTest(name = "a bitmap of {0} bytes in one element: good {1}")
  @CsvSource({"32768, true", "32776, false"})
  void longest(int length, boolean good) {
    // RAM of 8 MiB ends at page frame 0x40800, so a bitmap from 0 may be of 33,024 bytes.
    byte[] element = new byte[16 + length];
    ByteBuffer.wrap(element).order(ByteOrder.LITTLE_ENDIAN).putLong(0).putLong(length);
    rings[0].send(rig.driver.out(element));
    assertThat(rig.broken()).isEqualTo(!good);
  }

  @Test
  @DisplayName("hostile: lengths and frames that make no sense break the device")
  void hostile() {
    long[][] bad = {{FREE >>> 12, 16}, {FREE >>> 12, 0}, {(FREE >>> 12) + 1, 8}, {-64, 8}};
    for (long[] header : bad) {
      rig.start(5)[0].send(pages(header[0], header[1], -1));
      assertThat(rig.broken()).as("%s %s", header[0], header[1]).isTrue();
      assertThat(rig.counted(BalloonCounter.PAGES_INFLATED)).isZero();
    }
    rig.start(5)[1].send(rig.driver.out(new byte[15]));
    assertThat(rig.broken()).isTrue();
  }
}
