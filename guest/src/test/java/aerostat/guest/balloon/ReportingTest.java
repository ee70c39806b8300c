package aerostat.guest.balloon;

import static aerostat.guest.balloon.BalloonFixture.features;
import static aerostat.guest.balloon.BalloonFixture.settle;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.kernel.Errno;
import aerostat.guest.kernel.Kthread;
import aerostat.guest.kernel.Scatterlist;
import aerostat.guest.kernel.Sched;
import aerostat.guest.machine.Memory;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.PageAlloc;
import aerostat.guest.mm.PageReporting;
import aerostat.guest.mm.PageReportingDevInfo;
import aerostat.guest.mm.Slab;
import aerostat.guest.mm.Zone;
import aerostat.guest.virtio.ModelDevice;
import aerostat.guest.virtio.VirtioBus;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Free page reporting, the driver's side. */
class ReportingTest {
  private static final long REPORT = features(BalloonIds.F_STATS_VQ, BalloonIds.F_REPORTING);

  private static PageReportingDevInfo prdev() {
    return BalloonFixture.balloon().reporting();
  }

  /** A list of {@code n} pieces of 2 MiB that nobody uses. */
  private static Scatterlist pieces(int n) {
    Scatterlist sg = new Scatterlist(Slab.kzalloc(n * Scatterlist.SIZE, Gfp.GFP_KERNEL));
    for (int i = 0; i < n; i++) {
      sg.at(i).set(0x4400_0000L + i * 0x20_0000L, 0x20_0000);
    }
    return sg;
  }

  private static int report(int n) {
    return new Reporting().report(prdev(), pieces(n), n);
  }

  @Test
  void report18_oneBufferOfWritablePiecesThenTheAck() {
    ModelBalloon model = new ModelBalloon(REPORT);
    BalloonFixture.run(
        model,
        () -> {
          assertThat(report(32)).isZero();
          assertThat(model.reports).hasSize(1);
          assertThat(model.reports.getFirst()).hasSize(32).allMatch(p -> p.writable());
          assertThat(model.reports.getFirst().get(31).address())
              .isEqualTo(0x4400_0000L + 31 * 0x20_0000L);
          assertThat(model.reports.getFirst().get(31).length()).isEqualTo(0x20_0000);
        });
  }

  /** REPORT-20, UAPI-10: the queue has a callback, and nothing goes on before the ack. */
  @Test
  void report18_itSleepsUntilTheBufferIsUsed() {
    ModelBalloon model = new ModelBalloon(REPORT);
    BalloonFixture.run(
        model,
        () -> {
          model.stalled = true;
          long result = Slab.kzalloc(8, Gfp.GFP_KERNEL);
          Memory.store64(result, 99);
          Kthread.run(
              data -> {
                Memory.store64(data, report(3));
                return 0;
              },
              result,
              "reporter");
          Sched.msleep(100);
          assertThat(Memory.load64(result)).isEqualTo(99);
          model.stalled = false;
          model.serve(model.reportQueue());
          settle();
          assertThat(Memory.load64(result)).isZero();
        });
  }

  /** BALLOON-DRV-37: the host may have made anything of a reported page. */
  @Test
  void reportedPagesAreInitialisedByWhoeverGetsThem() {
    ModelBalloon model = new ModelBalloon(REPORT);
    BalloonFixture.run(
        model,
        () -> {
          Sched.msleep(5000);
          assertThat(model.reports).isNotEmpty();
          Set<Long> reported = new HashSet<>();
          for (List<ModelDevice.Piece> report : model.reports) {
            for (ModelDevice.Piece piece : report) {
              Memory.fill(piece.address(), piece.length(), 0x5c);
              reported.add(piece.address());
            }
          }
          long block = 0;
          for (int i = 0; i < 5 || !reported.contains(block); i++) {
            block = PageAlloc.getFreePages(Gfp.GFP_KERNEL | Gfp.__GFP_ZERO, Zone.MAX_PAGE_ORDER);
            assertThat(block).isNotZero();
            assertThat(Memory.isZero(block, HeldBlocks.BLOCK_BYTES)).isTrue();
          }
        });
  }

  @Test
  void report18_anErrorIsHandedOnAndSaid() {
    ModelBalloon model = new ModelBalloon(REPORT);
    String console =
        BalloonFixture.run(
            model,
            () -> {
              VirtioBus.breakDevice(VirtioBus.first());
              for (int i = 0; i < 100; i++) {
                assertThat(report(1)).isEqualTo(-Errno.EIO);
              }
            });
    assertThat(console)
        .contains("virtio_balloon virtio0: reporting_vq: cannot add buffer, err = -5");
    assertThat(console.lines().filter(l -> l.contains("cannot add")).count()).isEqualTo(10);
  }

  /** REPORT-12: a device that breaks has not acknowledged. */
  @Test
  void aDeviceThatBreaksInAReportEndsItWithAnError() {
    ModelBalloon model = new ModelBalloon(REPORT);
    BalloonFixture.run(
        model,
        () -> {
          model.device.onNotify = queue -> model.device.push(queue, 31, 0);
          model.stalled = true;
          assertThat(report(2)).isEqualTo(-Errno.EIO);
        });
  }

  /** UAPI-09. */
  @Test
  void report17_capacityFollowsTheRing() {
    for (int size : new int[] {1, 8, 32, 1024}) {
      ModelBalloon model = new ModelBalloon(REPORT, 1024, size);
      BalloonFixture.run(model, () -> assertThat(prdev().capacity()).isEqualTo(Math.min(size, 32)));
    }
  }

  @Test
  void edge47_aSecondReporterIsRefused() {
    ModelBalloon model = new ModelBalloon(REPORT);
    BalloonFixture.run(
        model,
        () -> {
          VirtioBus.unbind(VirtioBus.first());
          long other = Slab.kzalloc(PageReportingDevInfo.SIZE, Gfp.GFP_KERNEL);
          PageReportingDevInfo first = new PageReportingDevInfo(other);
          first.setReport((prdev, sgl, nents) -> 0);
          assertThat(PageReporting.register(first)).isZero();
          VirtioBus.bind(VirtioBus.first());
          assertThat(VirtioBus.first().driver()).isNull();
          assertThat(model.device.isReady(0)).as("queues are deleted").isFalse();
          PageReporting.unregister(first);
          VirtioBus.bind(VirtioBus.first());
          assertThat(VirtioBus.first().driver()).isNotNull();
        });
  }

  /** CLASSIC-20: first of all in a removal; EDGE-58: the work is cancelled in its two seconds. */
  @Test
  void edge58_removalUnregistersBeforeTheQueuesGo() {
    ModelBalloon model = new ModelBalloon(REPORT);
    BalloonFixture.run(
        model,
        () -> {
          PageReportingDevInfo prdev = prdev();
          assertThat(prdev.state()).isEqualTo(PageReportingDevInfo.PAGE_REPORTING_REQUESTED);
          VirtioBus.unbind(VirtioBus.first());
          Sched.msleep(5000);
          assertThat(model.reports).isEmpty();
        });
  }

  /**
   * EDGE-01, UAPI-05: reporting without hinting is on queue 3, without statistics on 2 (EDGE-52,
   * HFIX-15).
   */
  @Test
  void edge01_reportingWithoutHinting() {
    for (long offered : new long[] {REPORT, features(BalloonIds.F_REPORTING)}) {
      ModelBalloon model = new ModelBalloon(offered);
      BalloonFixture.run(
          model,
          () -> {
            assertThat(report(4)).isZero();
            assertThat(model.reports).hasSize(1);
            assertThat(model.reportQueue()).isEqualTo(offered == REPORT ? 3 : 2);
          });
    }
  }
}
