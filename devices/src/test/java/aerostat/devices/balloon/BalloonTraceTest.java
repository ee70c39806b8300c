package aerostat.devices.balloon;

import static aerostat.devices.balloon.BalloonRig.FREE;
import static aerostat.devices.balloon.BalloonRig.pfn;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.mock.MockRing;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the balloon's trace says of each thing that happens; FREE is page frame 0x40400. */
class BalloonTraceTest {
  private static List<String> lines(BalloonRig rig, String event) {
    return rig.trace.lines("balloon0 " + event);
  }

  @Test
  @DisplayName("target, actual and runs of page numbers")
  void ballooning() {
    try (BalloonRig rig = new BalloonRig()) {
      MockRing[] rings = rig.start(4);
      rig.host().setTarget(BalloonRig.SIZE / 2);
      rig.driver.setConfig32(4, 16);
      rings[0].send(rig.driver.out32(pfn(FREE), pfn(FREE) + 1, 5));
      rings[1].send(rig.driver.out32(pfn(FREE) + 1, 6));
      assertThat(lines(rig, "target")).containsExactly("balloon0 target bytes=4194304 pages=1024");
      assertThat(lines(rig, "actual")).containsExactly("balloon0 actual pages=16");
      assertThat(lines(rig, "inflate"))
          .containsExactly(
              "balloon0 inflate pfn=0x40400 pages=2 ignored=0",
              "balloon0 inflate pfn=0x5 pages=1 ignored=1");
      assertThat(lines(rig, "deflate"))
          .containsExactly(
              "balloon0 deflate pfn=0x40401 pages=1 ignored=0",
              "balloon0 deflate pfn=0x6 pages=1 ignored=1");
      int resets = lines(rig, "balloon-reset").size();
      rig.driver.reset();
      assertThat(lines(rig, "balloon-reset")).hasSize(resets + 1);
    }
  }

  @Test
  @DisplayName("each command, status and range of hinting")
  void hinting() {
    try (BalloonRig rig = new BalloonRig()) {
      MockRing ring = rig.start(4)[3];
      rig.host().hintStart(rig.sink);
      ring.send(rig.driver.out32(rig.driver.config32(8)));
      ring.send(MockRing.in(FREE + 1, 3 * 4096));
      rig.host().hintDone();
      assertThat(lines(rig, "hint-command"))
          .containsExactly("balloon0 hint-command id=0x80000001 was=REQUESTED status=START");
      assertThat(lines(rig, "hint-status"))
          .containsExactly(
              "balloon0 hint-status from=STOP to=REQUESTED id=0x80000001",
              "balloon0 hint-status from=REQUESTED to=START id=0x80000001",
              "balloon0 hint-status from=START to=DONE id=0x80000001");
      assertThat(lines(rig, "hint"))
          .containsExactly("balloon0 hint gpa=0x40400001 len=12288 pages=2");
    }
  }

  @Test
  @DisplayName("statistics, by their three most wanted values")
  void statistics() {
    try (BalloonRig rig = new BalloonRig()) {
      ByteBuffer bytes = ByteBuffer.allocate(30).order(ByteOrder.LITTLE_ENDIAN);
      bytes.putShort((short) 4).putLong(111).putShort((short) 5).putLong(222);
      bytes.putShort((short) 6).putLong(333);
      rig.start(4)[2].send(rig.driver.out(bytes.array()));
      assertThat(lines(rig, "stats"))
          .containsExactly("balloon0 stats len=30 free=111 total=222 available=333");
    }
  }

  @Test
  @DisplayName("reports, and those that were only acknowledged")
  void reports() {
    try (BalloonRig rig = new BalloonRig(new BalloonOptions(true, true, false, false), false)) {
      MockRing ring = rig.start(5)[4];
      ring.send(MockRing.in(FREE, 3 * 4096));
      rig.balloon.inhibitDiscards(true);
      ring.send(MockRing.in(FREE, 2 * 4096));
      assertThat(lines(rig, "report")).containsExactly("balloon0 report pfn=0x40400 pages=3");
      assertThat(lines(rig, "report-skipped"))
          .containsExactly("balloon0 report-skipped pfn=0x0 pages=2");
    }
  }

  @Test
  @DisplayName("BITMAP-01: a request for free pages, and its answer")
  void freePages() {
    BalloonOptions options =
        new BalloonOptions(false, false, false, false).with(BalloonProperty.GET_FREE_PAGES, true);
    try (BalloonRig rig = new BalloonRig(options, false)) {
      MockRing ring = rig.start(4)[3];
      ring.send(rig.driver.in(8));
      rig.host().dropCachesFirst(3);
      rig.host().hintStart(rig.sink);
      int pages = (int) (rig.memory.end() >>> GuestMemory.PAGE_SHIFT);
      ByteBuffer bytes = ByteBuffer.allocate(8 + pages / 8).order(ByteOrder.LITTLE_ENDIAN);
      bytes.putLong(pages / 8).put(8 + pfn(FREE) / 8, (byte) 0b101);
      ring.send(rig.driver.out(bytes.array()));
      assertThat(lines(rig, "free-pages-request"))
          .containsExactly("balloon0 free-pages-request id=1 drop=3");
      assertThat(lines(rig, "free-pages"))
          .containsExactly("balloon0 free-pages id=1 pfn=0x0 bytes=" + pages / 8 + " pages=2");
    }
  }
}
