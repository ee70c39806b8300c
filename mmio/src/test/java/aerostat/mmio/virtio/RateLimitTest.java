package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.bus.RateLimit;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** DEV-32: a hostile guest does not fill the host's disk. */
class RateLimitTest {
  @Test
  void oneMessageASecondPassesAndTheOthersAreCounted() {
    RateLimit limit = new RateLimit();
    long begun = System.nanoTime();
    assertThat(limit.pass()).isTrue();
    assertThat(limit.takeSuppressed()).isZero();
    int passed = 0;
    for (int i = 0; i < 1000; i++) {
      passed += limit.pass() ? 1 : 0;
    }
    long seconds = (System.nanoTime() - begun) / 1_000_000_000L;
    assertThat(passed).isLessThanOrEqualTo((int) seconds);
    assertThat(limit.takeSuppressed()).isEqualTo(1000 - passed);
    assertThat(limit.takeSuppressed()).isZero();
  }

  @Test
  void theFirstViolationIsLogged() {
    Logger logger = (Logger) LoggerFactory.getLogger(VirtioMmioTransport.class);
    ListAppender<ILoggingEvent> seen = new ListAppender<>();
    seen.start();
    logger.addAppender(seen);
    try (MockRig rig = new MockRig()) {
      rig.device.fail("a test");
    } finally {
      logger.detachAppender(seen);
    }
    assertThat(seen.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly("virtio0: device needs reset: a test (violation 1, 0 not logged)");
  }
}
