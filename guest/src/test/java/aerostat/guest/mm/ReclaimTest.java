package aerostat.guest.mm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.guest.kernel.NotifierBlock;
import aerostat.guest.kernel.NotifierHead;
import aerostat.guest.kernel.Sched;
import aerostat.guest.machine.Memory;
import aerostat.guest.plain.PlainFault;
import aerostat.guest.plain.PlainKernel;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

/** What happens when memory runs out: shrinkers, notifiers, the end. */
class ReclaimTest {
  private static final int HINT = Gfp.__GFP_NORETRY | Gfp.__GFP_NOWARN | Gfp.__GFP_NOMEMALLOC;
  private final Deque<Page> held = new ArrayDeque<>();

  private void takeAll(int order) {
    FreeMemory.bootPageset();
    Page page = PageAlloc.allocPages(HINT, order);
    while (page != null) {
      held.push(page);
      page = PageAlloc.allocPages(HINT, order);
    }
  }

  private final class Pool implements ShrinkerOps {
    int scans;

    @Override
    public long countObjects(Shrinker shrinker) {
      return held.size();
    }

    @Override
    public long scanObjects(Shrinker shrinker, long nr) {
      scans++;
      long freed = 0;
      while (freed < nr && !held.isEmpty()) {
        PageAlloc.freePages(held.pop(), 0);
        freed++;
      }
      return freed;
    }
  }

  @Test
  void anAllocationThatMayWaitGetsWhatShrinkersFree() {
    Pool pool = new Pool();
    PlainKernel.run(
        64 << 20,
        "",
        () -> {
          Shrinker shrinker = new Shrinker(Slab.kzalloc(Shrinker.SIZE, 0));
          shrinker.register(pool, 0, Shrinker.DEFAULT_SEEKS, 0);
          takeAll(0);
          assertThat(pool.scans).as("hint allocations do not reclaim (MM-09)").isZero();
          for (int i = 0; i < 5000; i++) {
            assertThat(PageAlloc.allocPages(Gfp.GFP_KERNEL, 0)).isNotNull();
          }
          assertThat(pool.scans).isPositive();
          shrinker.unregister();
          int scans = pool.scans;
          takeAll(0);
          assertThat(PageAlloc.allocPages(Gfp.GFP_KERNEL | Gfp.__GFP_NORETRY, 0)).isNull();
          assertThat(pool.scans).isEqualTo(scans);
        });
    assertThat(VmStat.event(VmStat.ALLOCSTALL)).isPositive();
  }

  @Test
  void mm07_whatTheCpusListsHoldIsDrainedBeforeAnAllocationFails() {
    PlainKernel.run(
        64 << 20,
        "",
        () -> {
          takeAll(0);
          PerCpuPages.setUp(Zone.normal());
          for (int i = 0; i < 10; i++) {
            PageAlloc.freePages(held.pop(), 0);
          }
          assertThat(PerCpuPages.count()).isEqualTo(10);
          assertThat(PageAlloc.allocPages(HINT, 0)).as("hints do without").isNull();
          assertThat(PageAlloc.allocPages(Gfp.GFP_KERNEL | Gfp.__GFP_NORETRY, 0)).isNotNull();
        });
  }

  @Test
  void kswapdFreesUpToTheHighWatermarkInTheBackground() {
    PlainKernel.run(
        64 << 20,
        "",
        () -> {
          new Shrinker(Slab.kzalloc(Shrinker.SIZE, 0))
              .register(new Pool(), 0, Shrinker.DEFAULT_SEEKS, 0);
          takeAll(0);
          PageAlloc.allocPages(Gfp.GFP_ATOMIC, 0);
          Sched.msleep(5);
          Zone zone = Zone.normal();
          assertThat(zone.freePages()).isGreaterThanOrEqualTo(zone.watermark(Zone.WMARK_HIGH));
          assertThat(VmStat.event(VmStat.PGSTEAL_KSWAPD)).isPositive();
          assertThat(VmStat.event(VmStat.ALLOCSTALL)).isZero();
        });
  }

  @Test
  void kswapdGivesUpWhenNothingCanBeFreed() {
    int[] counts = {0};
    PlainKernel.run(
        64 << 20,
        "",
        () -> {
          ShrinkerOps idle =
              new ShrinkerOps() {
                @Override
                public long countObjects(Shrinker shrinker) {
                  counts[0]++;
                  return 0;
                }

                @Override
                public long scanObjects(Shrinker shrinker, long nr) {
                  return 0;
                }
              };
          new Shrinker(Slab.kzalloc(Shrinker.SIZE, 0)).register(idle, 0, 0, 0);
          takeAll(0);
          for (int i = 0; i < 100; i++) {
            PageAlloc.allocPages(Gfp.GFP_ATOMIC, 0);
            Sched.msleep(1);
          }
        });
    assertThat(counts[0]).isEqualTo(16 * 13);
  }

  @Test
  void oomNotifiersAreTheLastHelp() {
    int[] calls = {0};
    PlainKernel.run(
        64 << 20,
        "",
        () -> {
          NotifierBlock block = new NotifierBlock(Slab.kzalloc(NotifierBlock.SIZE, 0));
          block.setup(
              (self, action, freed) -> {
                calls[0]++;
                for (int i = 0; i < 256; i++) {
                  PageAlloc.freePages(held.pop(), 0);
                }
                Memory.store64(freed, Memory.load64(freed) + 256);
                return NotifierHead.OK;
              },
              0,
              0);
          Oom.registerNotifier(block);
          takeAll(0);
          assertThat(calls[0]).isZero();
          for (int i = 0; i < 300; i++) {
            assertThat(PageAlloc.allocPages(Gfp.GFP_KERNEL, 0)).isNotNull();
          }
          assertThat(calls[0]).isEqualTo(2);
          Oom.unregisterNotifier(block);
        });
    assertThat(VmStat.event(VmStat.OOM_KILL)).isZero();
  }

  /** A virtio device that breaks meanwhile, whose hinted blocks may go back from then on. */
  @Test
  void whatCanBeReclaimedSinceTheNotifiersIsReclaimed() {
    PlainKernel.run(
        64 << 20,
        "",
        () -> {
          Shrinker shrinker = new Shrinker(Slab.kzalloc(Shrinker.SIZE, 0));
          NotifierBlock block = new NotifierBlock(Slab.kzalloc(NotifierBlock.SIZE, 0));
          block.setup(
              (self, action, freed) -> {
                shrinker.register(new Pool(), 0, Shrinker.DEFAULT_SEEKS, 0);
                return NotifierHead.OK;
              },
              0,
              0);
          Oom.registerNotifier(block);
          takeAll(0);
          assertThat(PageAlloc.allocPages(Gfp.GFP_KERNEL, 0)).isNotNull();
        });
    assertThat(VmStat.event(VmStat.OOM_KILL)).isZero();
  }

  /** A virtio device that breaks meanwhile: the driver's own work gives back what it held. */
  @Test
  void whatAnotherThreadFreedWhileReclaimSleptIsTaken() {
    boolean[] notified = {false};
    ShrinkerOps whileItSleeps =
        new ShrinkerOps() {
          @Override
          public long countObjects(Shrinker shrinker) {
            for (int i = 0; notified[0] && i < 256; i++) {
              PageAlloc.freePages(held.pop(), 0);
            }
            notified[0] = false;
            return 0;
          }

          @Override
          public long scanObjects(Shrinker shrinker, long nr) {
            return 0;
          }
        };
    PlainKernel.run(
        64 << 20,
        "",
        () -> {
          new Shrinker(Slab.kzalloc(Shrinker.SIZE, 0))
              .register(whileItSleeps, 0, Shrinker.DEFAULT_SEEKS, 0);
          NotifierBlock block = new NotifierBlock(Slab.kzalloc(NotifierBlock.SIZE, 0));
          block.setup(
              (self, action, freed) -> {
                notified[0] = true;
                return NotifierHead.OK;
              },
              0,
              0);
          Oom.registerNotifier(block);
          takeAll(0);
          assertThat(PageAlloc.allocPages(Gfp.GFP_KERNEL, 0)).isNotNull();
        });
    assertThat(VmStat.event(VmStat.OOM_KILL)).isZero();
  }

  @Test
  void withoutHelpTheKernelSaysLinuxsWordsAndPanics() {
    assertThatThrownBy(
            () ->
                PlainKernel.run(
                    64 << 20,
                    "",
                    () -> {
                      takeAll(0);
                      PageAlloc.allocPages(Gfp.GFP_KERNEL, 0);
                    }))
        .isInstanceOf(PlainFault.class)
        .hasMessageContaining("init invoked oom-killer: gfp_mask=0xcc0, order=0")
        .hasMessageMatching("(?s).*Normal: \\d+\\*4kB .* = \\d+kB\n.*")
        .hasMessageContaining("0 total pagecache pages\n")
        .hasMessageContaining("Out of memory and no killable processes...")
        .hasMessageContaining("Kernel panic - not syncing: System is deadlocked on memory");
  }

  @Test
  void costlyOrdersAndMayfailReturnNull() {
    PlainKernel.run(
        64 << 20,
        "",
        () -> {
          takeAll(0);
          assertThat(PageAlloc.allocPages(Gfp.GFP_KERNEL | Gfp.__GFP_NOWARN, 9)).isNull();
          assertThat(PageAlloc.allocPages(Gfp.GFP_KERNEL | Gfp.__GFP_RETRY_MAYFAIL, 0)).isNull();
        });
  }
}
