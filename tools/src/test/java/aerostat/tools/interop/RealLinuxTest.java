package aerostat.tools.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Our driver and device against Linux's and QEMU's, as recorded: MMIO-03, MMIO-04, MMIO-09,
 * UAPI-05, POISON-01, POISON-05, CLASSIC-02, CLASSIC-06, CLASSIC-08, STATS-01, HINT-04, HINT-08,
 * REPORT-18.
 */
class RealLinuxTest {
  @TestFactory
  List<DynamicTest> eachStepOfTheRecording() throws IOException {
    return Comparison.all(Recording.shipped()).stream()
        .map(
            comparison ->
                DynamicTest.dynamicTest(
                    comparison.step(),
                    () -> {
                      assertThat(comparison.theirs())
                          .as("the recording has this step")
                          .isPositive();
                      assertThat(comparison.undeclared()).as(comparison.report()).isEmpty();
                    }))
        .toList();
  }
}
