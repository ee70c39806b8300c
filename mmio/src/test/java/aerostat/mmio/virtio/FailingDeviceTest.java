package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.bus.DeviceExecutor;
import aerostat.mmio.mock.MockDevice;
import aerostat.mmio.mock.MockRing;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** DEV-32: a device model that fails needs a reset, says so, and does not fill the host's disk. */
class FailingDeviceTest {
  private static final int ROUNDS = 50;

  /** Errors that a class logs meanwhile. */
  private static long errors(Class<?> of, Consumer<ListAppender<ILoggingEvent>> run) {
    Logger logger = (Logger) LoggerFactory.getLogger(of);
    ListAppender<ILoggingEvent> seen = new ListAppender<>();
    seen.start();
    logger.addAppender(seen);
    try {
      run.accept(seen);
    } finally {
      logger.detachAppender(seen);
    }
    return count(seen);
  }

  private static long count(ListAppender<ILoggingEvent> seen) {
    return seen.list.stream().filter(event -> event.getLevel() == Level.ERROR).count();
  }

  private static void fail(boolean error) {
    if (error) {
      throw new InternalError("a fault occurred in an unsafe memory access operation");
    }
    throw new IllegalStateException("a test");
  }

  @ParameterizedTest(name = "an error of the host: {0}")
  @ValueSource(booleans = {false, true})
  void needsReset(boolean error) {
    try (MockRig rig = new MockRig()) {
      long begun = System.nanoTime();
      long logged =
          errors(
              VirtioMmioTransport.class,
              seen -> {
                for (int i = 0; i < ROUNDS; i++) {
                  MockRing ring = rig.start(0, 0, 8);
                  rig.device.script(
                      0,
                      element -> {
                        fail(error);
                        return new MockDevice.Reply.Hold();
                      });
                  ring.send(rig.driver.out32(1));
                  assertThat(rig.broken()).isTrue();
                  assertThat(ring.poll()).isNull();
                }
              });
      assertThat(logged).isBetween(1L, 1 + (System.nanoTime() - begun) / 1_000_000_000L);
      rig.device.script(0, element -> new MockDevice.Reply.UsedLength(0));
      MockRing ring = rig.start(0, 0, 8);
      int head = ring.send(rig.driver.out32(1));
      assertThat(ring.poll()).isEqualTo(new MockRing.Used(head, 0));
    }
  }

  @Test
  @DisplayName("a state that was put in is another life: what fails in it is told at once")
  void anotherLife() {
    try (MockRig rig = new MockRig()) {
      rig.device.script(
          0,
          element -> {
            fail(true);
            return new MockDevice.Reply.Hold();
          });
      MockRing ring = rig.start(0, 0, 8);
      byte[] state = rig.flat.save();
      long logged =
          errors(
              VirtioMmioTransport.class,
              seen -> {
                ring.send(rig.driver.out32(1));
                assertThat(count(seen)).isEqualTo(1);
                rig.flat.restore(state);
                ring.kick();
              });
      assertThat(logged).isEqualTo(2);
    }
  }

  @Test
  @DisplayName("work that is no queue's, and fails, is limited as well")
  void work() {
    long begun = System.nanoTime();
    long logged =
        errors(
            DeviceExecutor.class,
            seen -> {
              try (DeviceExecutor executor = DeviceExecutor.inline(new ReentrantLock())) {
                DeviceExecutor.Slot slot =
                    executor.register(
                        canPoll -> {
                          throw new InternalError("a test");
                        });
                for (int i = 0; i < ROUNDS; i++) {
                  slot.kick();
                }
              }
            });
    assertThat(logged).isBetween(1L, 1 + (System.nanoTime() - begun) / 1_000_000_000L);
  }
}
