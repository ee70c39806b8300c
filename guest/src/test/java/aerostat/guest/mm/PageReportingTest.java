package aerostat.guest.mm;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.kernel.Errno;
import aerostat.guest.plain.PlainKernel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Registration of a device for free page reporting: REPORT-16, REPORT-17, EDGE-47. */
class PageReportingTest {
  private static PageReportingDevInfo device() {
    PageReportingDevInfo device =
        new PageReportingDevInfo(Slab.kzalloc(PageReportingDevInfo.SIZE, Gfp.GFP_KERNEL));
    device.setReport((prdev, sgl, nents) -> 0);
    return device;
  }

  @Test
  void edge47_aSecondDeviceIsRefusedUntilTheFirstIsGone() {
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

  @ParameterizedTest
  @CsvSource({
    "'', -1, 9",
    "'', 0, 0",
    "'', 5, 5",
    "'', 11, 9",
    "page_reporting.page_reporting_order=4, 5, 4",
    "page_reporting.page_reporting_order=0, 5, 0",
    "page_reporting.page_reporting_order=-1, 5, 5",
  })
  void report16_theParameterThenTheDriverThenThePageBlock(String line, int driver, int chosen) {
    PlainKernel.run(
        64 << 20,
        line,
        () -> {
          PageReportingDevInfo device = device();
          device.setOrder(driver);
          PageReporting.register(device);
          assertThat(PageReporting.order()).isEqualTo(chosen);
          PageReporting.unregister(device);
          device.setOrder(7);
          PageReporting.register(device);
          assertThat(PageReporting.order()).as("it stays").isEqualTo(chosen);
        });
  }

  @Test
  void theFirstRegistrationSaysSo() {
    String console =
        PlainKernel.run(
            64 << 20,
            "",
            () -> {
              PageReportingDevInfo device = device();
              PageReporting.register(device);
              PageReporting.unregister(device);
              PageReporting.register(device);
            });
    assertThat(console).containsOnlyOnce("Free page reporting enabled\n");
  }

  @Test
  void report16_anOrderThatCannotBeIsReported() {
    String console = PlainKernel.run(64 << 20, "page_reporting.page_reporting_order=11", () -> {});
    assertThat(console)
        .contains("`11' invalid for parameter `page_reporting.page_reporting_order'");
  }

  @ParameterizedTest
  @CsvSource({"0, 32", "1, 1", "32, 32", "33, 32", "-1, 32"})
  void report17_theDriversCapacityUpTo32(int driver, int chosen) {
    PlainKernel.run(
        64 << 20,
        "",
        () -> {
          PageReportingDevInfo device = device();
          device.setCapacity(driver);
          PageReporting.register(device);
          assertThat(device.capacity()).isEqualTo(chosen);
        });
  }
}
