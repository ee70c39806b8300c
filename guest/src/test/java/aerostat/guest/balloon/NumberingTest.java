package aerostat.guest.balloon;

import static aerostat.guest.balloon.BalloonFixture.features;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.kernel.Scatterlist;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Slab;
import aerostat.guest.virtio.VirtioBus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Queue numbers: the driver's policies against the device's (UAPI-05, UAPI-07). */
class NumberingTest {
  private static final int REPORT = BalloonIds.F_REPORTING;
  private static final int HINT = BalloonIds.F_FREE_PAGE_HINT;

  /** Statistics and reporting; with hinting as well, if {@code hint} has an index. */
  private static ModelBalloon model(int hint, int report) {
    long offered = features(BalloonIds.F_STATS_VQ, REPORT) | (hint >= 0 ? features(HINT) : 0);
    return new ModelBalloon(offered, 2, hint, report, 1024, 32);
  }

  private static boolean isBound() {
    return VirtioBus.first().driver() != null;
  }

  /** One report through the driver, to the reporting queue and nowhere else. */
  private static void report(ModelBalloon model) {
    Scatterlist sg = new Scatterlist(Slab.kzalloc(Scatterlist.SIZE, Gfp.GFP_KERNEL));
    sg.set(0x4400_0000L, 0x20_0000);
    assertThat(new Reporting().report(BalloonFixture.balloon().reporting(), sg, 1)).isZero();
    assertThat(model.reports).hasSize(1);
    assertThat(model.ignored).isEmpty();
  }

  /** EDGE-01, UAPI-06: reporting without hinting; "report" is the device's index of it. */
  @ParameterizedTest
  @CsvSource({
    "auto, 3, true",
    "auto, 4, true",
    "dense-negotiated, 3, true",
    "dense-negotiated, 4, false",
    "dense-offered, 3, true",
    "dense-offered, 4, false",
    "spec, 3, false",
    "spec, 4, true",
  })
  void uapi07_driverAgainstDevice(String driver, int report, boolean works) {
    ModelBalloon model = model(-1, report);
    String console =
        BalloonFixture.run(
            model,
            "virtio_mmio.numbering=" + driver,
            () -> {
              assertThat(isBound()).isEqualTo(works);
              if (works) {
                report(model);
              }
            });
    assertThat(console.contains("the device does not number its queues " + driver))
        .isEqualTo(!works);
  }

  /** Hinting is offered and refused, reporting accepted; the device numbers by what it offered. */
  @Test
  void edge02_isFoundOutAndTheDevicesNumbersAreTaken() {
    ModelBalloon model = model(3, 4);
    String console =
        BalloonFixture.run(model, "virtio_balloon.variant=reporting", () -> report(model));
    assertThat(console).contains("virtio virtio0: the device numbers its queues dense-offered");
  }

  @Test
  void edge02_withLinuxsNumbersItFailsAtOnceAndDoesNotHang() {
    ModelBalloon model = model(3, 4);
    String console =
        BalloonFixture.run(
            model,
            "virtio_balloon.variant=reporting virtio_mmio.numbering=dense-negotiated",
            () -> {
              assertThat(isBound()).isFalse();
              assertThat(model.device.isReady(0)).isFalse();
            });
    assertThat(console)
        .contains("the device does not number its queues dense-negotiated")
        .contains("probe with driver virtio_balloon failed with error -2");
  }

  /** A device whose numbers go by what was negotiated has reporting at 3 then. */
  @Test
  void uapi05_denseOverTheNegotiatedFeatures() {
    ModelBalloon model = model(-1, 3);
    model.device.offered |= features(HINT);
    String console =
        BalloonFixture.run(model, "virtio_balloon.variant=reporting", () -> report(model));
    assertThat(console).doesNotContain("numbers its queues");
  }

  @Test
  void queuesThatFitNothingAreSaidToBeSo() {
    ModelBalloon model = new ModelBalloon(features(BalloonIds.F_STATS_VQ, REPORT), 2, -1, -1, 0, 0);
    String console = BalloonFixture.run(model, () -> assertThat(isBound()).isFalse());
    assertThat(console).contains("virtio virtio0: the device's queues fit no numbering");
  }

  @Test
  void anUnknownNumberingIsSaidAndPassedOver() {
    ModelBalloon model = model(3, 4);
    String console = BalloonFixture.run(model, "virtio_mmio.numbering=roman", () -> report(model));
    assertThat(console).contains("`roman' invalid for parameter `virtio_mmio.numbering'");
  }
}
