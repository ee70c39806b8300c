package aerostat.guest.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.guest.machine.Cpu;
import aerostat.guest.mm.FreeMemory;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Slab;
import aerostat.guest.plain.PlainFault;
import aerostat.guest.plain.PlainKernel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Threads, sleeping and waking, on the plain machine. */
class SchedTest {
  private static void boot(Runnable body) {
    PlainKernel.run(64 << 20, "", body);
  }

  private static Task start(String name, ThreadFn function) {
    return Kthread.run(function, 0, name);
  }

  @Test
  void threadsRunInTurnWhenTheyYield() {
    List<String> order = new ArrayList<>();
    boot(
        () -> {
          for (String name : List.of("a", "b", "c")) {
            start(
                name,
                data -> {
                  for (int i = 0; i < 3; i++) {
                    order.add(name);
                    Sched.yieldCpu();
                  }
                  return 0;
                });
          }
          Sched.msleep(50);
        });
    assertThat(order).containsExactly("a", "b", "c", "a", "b", "c", "a", "b", "c");
  }

  @Test
  void aThreadThatComputesIsPreemptedAtTheEndOfItsSlice() {
    List<String> order = new ArrayList<>();
    boot(
        () -> {
          for (String name : List.of("a", "b")) {
            start(
                name,
                data -> {
                  long end = Cpu.now() + 3 * Sched.SLICE;
                  while (Cpu.now() < end) {
                    if (order.isEmpty() || !order.getLast().equals(name)) {
                      order.add(name);
                    }
                    Cpu.safepoint();
                  }
                  return 0;
                });
          }
          Sched.msleep(100);
        });
    assertThat(order).startsWith("a", "b", "a", "b");
  }

  @Test
  void aSleeperRunsSoonAlthoughOthersCompute() {
    long[] worst = {0};
    boot(
        () -> {
          for (int i = 0; i < 3; i++) {
            start(
                "hog",
                data -> {
                  long end = Cpu.now() + 500_000_000L;
                  while (Cpu.now() < end) {
                    Cpu.safepoint();
                  }
                  return 0;
                });
          }
          for (int i = 0; i < 20; i++) {
            long before = Cpu.now();
            Sched.msleep(5);
            worst[0] = Math.max(worst[0], Cpu.now() - before);
          }
        });
    assertThat(worst[0]).isLessThan(6_000_000 + 2 * Sched.GRANULARITY);
  }

  @Test
  void twoThatWakeEachOtherForEverDoNotStarveAThird() {
    int[] progress = {0};
    boot(
        () -> {
          WaitQueueHead queue = new WaitQueueHead(Slab.kmalloc(WaitQueueHead.SIZE, 0));
          queue.init();
          int[] turn = {0};
          for (int me = 0; me < 2; me++) {
            int self = me;
            start(
                "pingpong",
                data -> {
                  while (progress[0] < 100) {
                    queue.waitEvent(x -> turn[0] == self || progress[0] >= 100, 0);
                    turn[0] = 1 - self;
                    queue.wakeUp();
                    Cpu.safepoint();
                  }
                  return 0;
                });
          }
          Task third =
              start(
                  "third",
                  data -> {
                    while (progress[0] < 100) {
                      Cpu.now();
                      progress[0]++;
                      Cpu.safepoint();
                    }
                    queue.wakeUp();
                    return 7;
                  });
          Kthread.get(third);
          assertThat(Kthread.join(third)).isEqualTo(7);
          Kthread.put(third);
        });
    assertThat(progress[0]).isEqualTo(100);
  }

  @Test
  void stopWakesWaitsAndReturnsTheCodeAndAllMemoryComesBack() {
    boot(
        () -> {
          long before = 0;
          for (int i = 0; i < 10; i++) {
            Task task =
                start(
                    "stopme",
                    data -> {
                      while (!Kthread.shouldStop()) {
                        Task.current().setState(Task.INTERRUPTIBLE);
                        if (!Kthread.shouldStop()) {
                          Sched.schedule();
                        }
                        Task.current().setState(Task.RUNNING);
                      }
                      return 42;
                    });
            Sched.msleep(1);
            assertThat(Kthread.stop(task)).isEqualTo(42);
            Sched.msleep(1);
            if (i == 1) {
              before = FreeMemory.pages();
            }
          }
          assertThat(FreeMemory.pages()).isEqualTo(before);
        });
  }

  @Test
  void waitEventTimeoutTellsWhatIsLeft() {
    boot(
        () -> {
          WaitQueueHead queue = new WaitQueueHead(Slab.kmalloc(WaitQueueHead.SIZE, 0));
          queue.init();
          boolean[] flag = {false};
          long before = Jiffies.now();
          assertThat(queue.waitEventTimeout(data -> flag[0], 0, 20)).isZero();
          assertThat(Jiffies.now() - before).isBetween(19L, 25L);
          assertThat(queue.isActive()).isFalse();
          start(
              "setter",
              data -> {
                Sched.msleep(5);
                flag[0] = true;
                queue.wakeUp();
                return 0;
              });
          assertThat(queue.waitEventTimeout(data -> flag[0], 0, 100)).isBetween(85L, 96L);
          assertThat(queue.waitEventTimeout(data -> flag[0], 0, 0)).isEqualTo(1);
        });
  }

  @Test
  void completions() {
    List<Integer> passed = new ArrayList<>();
    boot(
        () -> {
          Completion done = new Completion(Slab.kmalloc(Completion.SIZE, 0));
          done.init();
          for (int i = 0; i < 3; i++) {
            int number = i;
            start(
                "waiter",
                data -> {
                  done.await();
                  passed.add(number);
                  return 0;
                });
          }
          Sched.msleep(2);
          done.complete();
          Sched.msleep(2);
          assertThat(passed).containsExactly(0);
          assertThat(done.isDone()).isFalse();
          assertThat(done.awaitTimeout(3)).isZero();
          done.completeAll();
          Sched.msleep(2);
          assertThat(passed).containsExactlyInAnyOrder(0, 1, 2);
          done.await();
        });
  }

  @Test
  void aMutexLetsOneInAtATime() {
    int[] inside = {0, 0, 0};
    boot(
        () -> {
          Mutex mutex = new Mutex(Slab.kmalloc(Mutex.SIZE, 0));
          mutex.init();
          for (int i = 0; i < 4; i++) {
            start(
                "locker",
                data -> {
                  for (int k = 0; k < 20; k++) {
                    mutex.lock();
                    inside[0]++;
                    inside[1] = Math.max(inside[1], inside[0]);
                    if (k % 3 == 0) {
                      Sched.msleep(1);
                    } else {
                      Sched.yieldCpu();
                    }
                    inside[0]--;
                    inside[2]++;
                    mutex.unlock();
                  }
                  return 0;
                });
          }
          Sched.msleep(2000);
          assertThat(mutex.isLocked()).isFalse();
          assertThat(mutex.tryLock()).isTrue();
          assertThat(mutex.tryLock()).isFalse();
        });
    assertThat(inside).containsExactly(0, 1, 80);
  }

  @Test
  void locksFindTheirMisuse() {
    assertThatThrownBy(
            () ->
                boot(
                    () -> {
                      SpinLock lock = new SpinLock(Slab.kzalloc(SpinLock.SIZE, 0));
                      lock.lock();
                      lock.lock();
                    }))
        .isInstanceOf(PlainFault.class)
        .hasMessageContaining("spinlock recursion");
    assertThatThrownBy(
            () ->
                boot(
                    () -> {
                      SpinLock lock = new SpinLock(Slab.kzalloc(SpinLock.SIZE, 0));
                      lock.lock();
                      Sched.msleep(1);
                    }))
        .isInstanceOf(PlainFault.class)
        .hasMessageContaining("BUG: scheduling while atomic: init/");
    assertThatThrownBy(
            () ->
                boot(
                    () -> {
                      Mutex mutex = new Mutex(Slab.kmalloc(Mutex.SIZE, Gfp.GFP_KERNEL));
                      mutex.init();
                      mutex.unlock();
                    }))
        .isInstanceOf(PlainFault.class)
        .hasMessageContaining("does not hold it");
  }

  @Test
  void irqStateAndPreemptCountAreRestored() {
    boot(
        () -> {
          SpinLock lock = new SpinLock(Slab.kzalloc(SpinLock.SIZE, 0));
          int flags = lock.lockIrqsave();
          assertThat(flags).isEqualTo(1);
          assertThat(Cpu.irqsEnabled()).isZero();
          assertThat(Preempt.count()).isEqualTo(1);
          assertThat(Preempt.mayNotSleep()).isTrue();
          lock.unlockIrqrestore(flags);
          assertThat(Cpu.irqsEnabled()).isEqualTo(1);
          assertThat(Preempt.count()).isZero();
        });
  }
}
