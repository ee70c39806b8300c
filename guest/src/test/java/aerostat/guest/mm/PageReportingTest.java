package aerostat.guest.mm;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.kernel.Errno;
import aerostat.guest.plain.PlainKernel;
import org.junit.jupiter.api.Test;

/** Registration of a device for free page reporting: E.1. */
class PageReportingTest {
  private static PageReportingDevInfo device() {
    PageReportingDevInfo device =
        new PageReportingDevInfo(Slab.kzalloc(PageReportingDevInfo.SIZE, Gfp.GFP_KERNEL));
    device.setReport((prdev, sgl, nents) -> 0);
    return device;
  }

  @Test
  void aSecondDeviceIsRefusedUntilTheFirstIsGone() {
    PlainKernel.run(
        64 << 20,
        "",
        () -> {
          PageReportingDevInfo first = device();
          PageReportingDevInfo second = device();
          assertThat(PageReporting.register(first)).isZero();
          assertThat(PageReporting.register(second)).isEqualTo(-Errno.EBUSY);
          PageReporting.unregister(second);
          assertThat(first.state()).isEqualTo(PageReportingDevInfo.PAGE_REPORTING_REQUESTED);
          assertThat(PageReporting.register(second)).isEqualTo(-Errno.EBUSY);
          PageReporting.unregister(first);
          assertThat(PageReporting.register(second)).isZero();
        });
  }
}
