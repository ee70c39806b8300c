package aerostat.guest.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.mm.FreeMemory;
import aerostat.guest.mm.Slab;
import aerostat.guest.plain.PlainKernel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WorkqueueTest {
  private final List<String> log = new ArrayList<>();

  private static void boot(Runnable body) {
    PlainKernel.run(64 << 20, "", body);
  }

  private static WorkStruct work(WorkFn function) {
    WorkStruct work = new WorkStruct(Slab.kmalloc(WorkStruct.SIZE, 0));
    work.init(function);
    return work;
  }

  private static DelayedWork delayed(WorkFn function) {
    DelayedWork work = new DelayedWork(Slab.kmalloc(DelayedWork.SIZE, 0));
    work.init(function);
    return work;
  }

  @Test
  void itemsRunInOrderAndOnceHoweverOftenTheyAreQueued() {
    boot(
        () -> {
          WorkStruct a = work(w -> log.add("a"));
          WorkStruct b = work(w -> log.add("b"));
          assertThat(Workqueue.system().queueWork(a)).isTrue();
          assertThat(Workqueue.system().queueWork(b)).isTrue();
          assertThat(Workqueue.system().queueWork(a)).isFalse();
          b.flush();
          assertThat(a.isPending()).isFalse();
        });
    assertThat(log).containsExactly("a", "b");
  }

  @Test
  void anItemMayQueueItselfAndCancelEndsThat() {
    int[] runs = {0};
    boot(
        () -> {
          WorkStruct work =
              work(
                  w -> {
                    runs[0]++;
                    Workqueue.system().queueWork(w);
                    Sched.msleep(1);
                  });
          Workqueue.system().queueWork(work);
          Sched.msleep(20);
          work.flush();
          work.cancelSync();
          int after = runs[0];
          assertThat(after).isGreaterThan(3);
          Sched.msleep(20);
          assertThat(runs[0]).isEqualTo(after);
          assertThat(work.isPending()).isFalse();
          assertThat(Workqueue.system().queueWork(work)).isTrue();
          Sched.msleep(5);
          assertThat(runs[0]).isGreaterThan(after);
        });
  }

  @Test
  void anItemThatSleepsDoesNotHoldUpTheNextButNeverRunsTwiceAtATime() {
    boot(
        () -> {
          int[] inside = {0};
          WorkStruct slow =
              work(
                  w -> {
                    assertThat(++inside[0]).isEqualTo(1);
                    Sched.msleep(50);
                    inside[0]--;
                    log.add("slow");
                  });
          WorkStruct quick = work(w -> log.add("quick"));
          Workqueue.system().queueWork(slow);
          Sched.msleep(2);
          assertThat(Workqueue.system().queueWork(slow)).isTrue();
          Workqueue.system().queueWork(quick);
          quick.flush();
          assertThat(log).containsExactly("quick");
          slow.flush();
          assertThat(log).containsExactly("quick", "slow", "slow");
        });
  }

  @Test
  void anOrderedQueueRunsOneAtATime() {
    boot(
        () -> {
          Workqueue queue = Workqueue.alloc("ordered", 0, 1);
          queue.queueWork(
              work(
                  w -> {
                    Sched.msleep(10);
                    log.add("first");
                  }));
          WorkStruct second = work(w -> log.add("second"));
          Sched.msleep(2);
          queue.queueWork(second);
          second.flush();
          assertThat(log).containsExactly("first", "second");
        });
  }

  @Test
  void delayedWorkWaitsAndCanBeMovedOrCancelled() {
    boot(
        () -> {
          long[] ran = {-1};
          DelayedWork work = delayed(w -> ran[0] = Jiffies.now());
          long start = Jiffies.now();
          assertThat(Workqueue.system().queueDelayedWork(work, 20)).isTrue();
          assertThat(Workqueue.system().queueDelayedWork(work, 5)).isFalse();
          Sched.msleep(10);
          assertThat(ran[0]).isEqualTo(-1);
          assertThat(work.modOn(Workqueue.system(), 30)).isTrue();
          Sched.msleep(60);
          assertThat(ran[0] - start).isBetween(39L, 46L);
          ran[0] = -1;
          Workqueue.system().queueDelayedWork(work, 10);
          assertThat(work.cancelSync()).isTrue();
          assertThat(work.cancelSync()).isFalse();
          Sched.msleep(30);
          assertThat(ran[0]).isEqualTo(-1);
          Workqueue.system().queueDelayedWork(work, 100_000);
          work.flush();
          assertThat(ran[0]).isNotEqualTo(-1);
        });
  }

  @Test
  void anItemMayFreeItself() {
    boot(
        () -> {
          WorkStruct work = work(w -> Slab.kfree(w.address()));
          Workqueue.system().queueWork(work);
          Workqueue.system().drain();
        });
  }

  @Test
  void destroyDrainsAndGivesAllMemoryBack() {
    boot(
        () -> {
          long free = 0;
          for (int i = 0; i < 5; i++) {
            Workqueue queue = Workqueue.alloc("temporary", Workqueue.WQ_FREEZABLE, 0);
            for (int k = 0; k < 3; k++) {
              queue.queueWork(
                  work(
                      w -> {
                        Sched.msleep(3);
                        log.add("done");
                        Slab.kfree(w.address());
                      }));
            }
            queue.destroy();
            Sched.msleep(2);
            if (i == 1) {
              free = FreeMemory.pages();
            }
          }
          assertThat(FreeMemory.pages()).isEqualTo(free);
        });
    assertThat(log).hasSize(15);
  }
}
