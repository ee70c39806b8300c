package aerostat.mmio.bus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class DeviceExecutorTest {
  private final ReentrantLock lock = new ReentrantLock();
  private long now;

  @Test
  void inlineRunsOnTheCallersThreadUntilIdle() {
    try (DeviceExecutor executor = DeviceExecutor.inline(lock)) {
      List<Thread> threads = new ArrayList<>();
      int[] left = {3};
      DeviceExecutor.Slot slot =
          executor.register(
              canPoll -> {
                assertThat(canPoll).isFalse();
                assertThat(lock.isHeldByCurrentThread()).isTrue();
                threads.add(Thread.currentThread());
                return --left[0] > 0 ? DeviceWork.Next.AGAIN : DeviceWork.Next.IDLE;
              });
      slot.kick();
      assertThat(threads).hasSize(3).containsOnly(Thread.currentThread());
    }
  }

  @Test
  void inlineKickFromInsideAStepIsDoneAfterIt() {
    try (DeviceExecutor executor = DeviceExecutor.inline(lock)) {
      List<String> log = new ArrayList<>();
      DeviceExecutor.Slot[] slots = new DeviceExecutor.Slot[2];
      slots[0] =
          executor.register(
              canPoll -> {
                log.add("a begins");
                slots[1].kick();
                log.add("a ends");
                return DeviceWork.Next.IDLE;
              });
      slots[1] =
          executor.register(
              canPoll -> {
                log.add("b");
                return DeviceWork.Next.IDLE;
              });
      slots[0].kick();
      assertThat(log).containsExactly("a begins", "a ends", "b");
    }
  }

  @Test
  void inlineParkedDoesNothingUntilUnparkedAndThenOnlyWhatWasKicked() {
    try (DeviceExecutor executor = DeviceExecutor.inline(lock)) {
      AtomicInteger kicked = new AtomicInteger();
      AtomicInteger other = new AtomicInteger();
      DeviceExecutor.Slot slot =
          executor.register(
              canPoll -> {
                kicked.incrementAndGet();
                return DeviceWork.Next.IDLE;
              });
      executor.register(
          canPoll -> {
            other.incrementAndGet();
            return DeviceWork.Next.IDLE;
          });
      executor.park();
      slot.kick();
      assertThat(kicked).hasValue(0);
      executor.unpark();
      assertThat(kicked).hasValue(1);
      assertThat(other).hasValue(0);
    }
  }

  @Test
  void threadedRunsOnItsOwnThreadUnderTheLockAndPolls() throws InterruptedException {
    try (DeviceExecutor executor = DeviceExecutor.threaded("test-io", lock)) {
      CountDownLatch polls = new CountDownLatch(5);
      DeviceExecutor.Slot slot =
          executor.register(
              canPoll -> {
                assertThat(canPoll).isTrue();
                assertThat(lock.isHeldByCurrentThread()).isTrue();
                assertThat(Thread.currentThread().getName()).isEqualTo("test-io");
                polls.countDown();
                return polls.getCount() > 0 ? DeviceWork.Next.POLL : DeviceWork.Next.IDLE;
              });
      slot.kick();
      polls.await();
    }
  }

  @Test
  void threadedParkWaitsForTheRunningStep() throws InterruptedException {
    try (DeviceExecutor executor = DeviceExecutor.threaded("test-io", lock)) {
      AtomicInteger steps = new AtomicInteger();
      CountDownLatch begun = new CountDownLatch(1);
      DeviceExecutor.Slot slot =
          executor.register(
              canPoll -> {
                steps.incrementAndGet();
                begun.countDown();
                return DeviceWork.Next.AGAIN; // for ever
              });
      slot.kick();
      begun.await();
      for (int round = 0; round < 100; round++) {
        executor.park();
        int seen = steps.get();
        for (int spin = 0; spin < 1000; spin++) {
          assertThat(steps.get()).isEqualTo(seen);
        }
        executor.unpark();
        while (steps.get() == seen) {
          Thread.onSpinWait();
        }
      }
    }
  }

  @Test
  void othersGetTheLockWhileWorkNeverEnds() {
    try (DeviceExecutor executor = DeviceExecutor.threaded("test-io", lock)) {
      executor.register(canPoll -> DeviceWork.Next.AGAIN).kick();
      for (int i = 0; i < 200; i++) {
        lock.lock(); // the timeout ends a starving test
        lock.unlock();
      }
    }
  }

  @Test
  void aStepThatThrowsEndsNothing() throws InterruptedException {
    try (DeviceExecutor executor = DeviceExecutor.threaded("test-io", lock)) {
      CountDownLatch done = new CountDownLatch(1);
      executor
          .register(
              canPoll -> {
                throw new IllegalStateException("a bug on purpose");
              })
          .kick();
      executor
          .register(
              canPoll -> {
                done.countDown();
                return DeviceWork.Next.IDLE;
              })
          .kick();
      done.await();
    }
  }

  @Test
  void promptWorkIsTheCallersAndWhatIsLeftTheThreads() throws InterruptedException {
    try (DeviceExecutor executor = new DeviceExecutor.Threaded("test-io", lock, () -> now)) {
      List<Boolean> callers = new ArrayList<>();
      CountDownLatch done = new CountDownLatch(1);
      Thread caller = Thread.currentThread();
      int[] left = {1};
      DeviceExecutor.Slot slot =
          executor.register(
              canPoll -> {
                boolean here = Thread.currentThread() == caller;
                assertThat(canPoll).isNotEqualTo(here);
                assertThat(lock.isHeldByCurrentThread()).isTrue();
                callers.add(here);
                if (left[0]-- > 0) {
                  return DeviceWork.Next.AGAIN;
                }
                done.countDown();
                return DeviceWork.Next.IDLE;
              });
      slot.kickPrompt();
      assertThat(done.getCount()).isZero();
      assertThat(callers).containsExactly(true, true);
      left[0] = 3;
      lock.lock();
      try {
        slot.kickPrompt();
        assertThat(callers).containsExactly(true, true, true, true);
      } finally {
        lock.unlock();
      }
      while (left[0] >= 0) {
        Thread.onSpinWait();
        lock.lock();
        lock.unlock();
      }
      assertThat(callers).containsExactly(true, true, true, true, false, false);
    }
  }

  @Test
  void promptWorkThatIsSlowGoesToTheThread() throws InterruptedException {
    try (DeviceExecutor executor = new DeviceExecutor.Threaded("test-io", lock, () -> now)) {
      Thread caller = Thread.currentThread();
      CountDownLatch byThread = new CountDownLatch(1);
      int[] calls = new int[1];
      DeviceExecutor.Slot slot =
          executor.register(
              canPoll -> {
                now += 2_000_000;
                if (Thread.currentThread() == caller) {
                  calls[0]++;
                } else {
                  byThread.countDown();
                }
                return DeviceWork.Next.IDLE;
              });
      for (int i = 1; i <= 4; i++) { // once may be the host's doing
        slot.kickPrompt();
        assertThat(calls[0]).isEqualTo(i);
      }
      slot.kickPrompt();
      byThread.await();
      assertThat(calls[0]).isEqualTo(4);
    }
  }

  @Test
  void promptWorkWaitsWhileParked() throws InterruptedException {
    try (DeviceExecutor executor = new DeviceExecutor.Threaded("test-io", lock, () -> now)) {
      CountDownLatch done = new CountDownLatch(1);
      DeviceExecutor.Slot slot =
          executor.register(
              canPoll -> {
                done.countDown();
                return DeviceWork.Next.IDLE;
              });
      executor.park();
      slot.kickPrompt();
      assertThat(done.getCount()).isEqualTo(1);
      executor.unpark();
      done.await();
    }
  }
}
