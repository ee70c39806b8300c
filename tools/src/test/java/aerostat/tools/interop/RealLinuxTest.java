package aerostat.tools.interop;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Our driver and device against Linux's and QEMU's, as recorded. */
class RealLinuxTest {
  @Test
  void show() throws Exception {
    for (Comparison c : Comparison.all(Recording.shipped())) {
      System.out.println(c.report());
    }
    assertThat(1).isEqualTo(1);
  }
}
