package aerostat.devices.clock;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class DeviceClockTest {
  private long now;

  @Test
  void drivenTimersFireInOrderAndOnce() {
    DrivenClock clock = new DrivenClock(() -> now, () -> 0);
    List<String> fired = new ArrayList<>();
    DeviceClock.Timer late = clock.timer(() -> fired.add("late"));
    DeviceClock.Timer early = clock.timer(() -> fired.add("early"));
    DeviceClock.Timer equal = clock.timer(() -> fired.add("equal"));
    late.arm(20);
    early.arm(10);
    equal.arm(10);
    assertThat(clock.nextDeadline()).isEqualTo(10);
    clock.runDue();
    assertThat(fired).isEmpty();
    now = 25;
    clock.runDue();
    clock.runDue();
    assertThat(fired).containsExactly("early", "equal", "late");
    assertThat(clock.nextDeadline()).isEqualTo(DeviceClock.NEVER);
  }

  @Test
  void aTimerThatReArmsInThePastFiresOncePerRun() {
    DrivenClock clock = new DrivenClock(() -> now, () -> 0);
    AtomicInteger fired = new AtomicInteger();
    DeviceClock.Timer[] timer = new DeviceClock.Timer[1];
    timer[0] =
        clock.timer(
            () -> {
              fired.incrementAndGet();
              timer[0].arm(0);
            });
    timer[0].arm(0);
    clock.runDue();
    assertThat(fired).hasValue(1);
    clock.runDue();
    assertThat(fired).hasValue(2);
  }

  @Test
  void theThreadFiresUnderTheLockAndNotWhileParked() throws InterruptedException {
    ReentrantLock lock = new ReentrantLock();
    try (ThreadClock clock = new ThreadClock("test-clock", lock, System::nanoTime, () -> 7)) {
      assertThat(clock.wallSeconds()).isEqualTo(7);
      CountDownLatch first = new CountDownLatch(1);
      CountDownLatch second = new CountDownLatch(2);
      DeviceClock.Timer timer =
          clock.timer(
              () -> {
                assertThat(lock.isHeldByCurrentThread()).isTrue();
                first.countDown();
                second.countDown();
              });
      arm(lock, timer, clock.now() + 1_000_000);
      first.await();
      clock.park();
      arm(lock, timer, clock.now());
      assertThat(second.getCount()).isEqualTo(1);
      clock.unpark();
      second.await();
    }
  }

  private static void arm(ReentrantLock lock, DeviceClock.Timer timer, long deadline) {
    lock.lock();
    try {
      timer.arm(deadline);
    } finally {
      lock.unlock();
    }
  }
}
