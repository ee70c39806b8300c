package aerostat.guest.mm;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.kernel.Errno;
import aerostat.guest.machine.Memory;
import aerostat.guest.plain.PlainKernel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page cache, its lists, its reclaim, drop_caches, and what /proc shows of them. */
class PageCacheTest {
  private final List<Long> reads = new ArrayList<>();

  private int readFolio(AddressSpace mapping, long index, Page page) {
    reads.add(index);
    Memory.store64(page.virtual(), mapping.host() + index);
    return 0;
  }

  private AddressSpace file(long pages) {
    return AddressSpace.create(this::readFolio, 1000, pages);
  }

  private static long content(AddressSpace file, long index) {
    Page page = Filemap.read(file, index);
    long word = Memory.load64(page.virtual());
    Filemap.put(page);
    return word;
  }

  private static void readAll(AddressSpace file) {
    for (long i = 0; i < file.length(); i++) {
      assertThat(content(file, i)).isEqualTo(1000 + i);
    }
  }

  private static String boot(Runnable body) {
    return PlainKernel.run(64 << 20, "", body);
  }

  @Test
  void aPageIsReadOnceAndThenCached() {
    boot(
        () -> {
          AddressSpace file = file(2000);
          readAll(file);
          readAll(file);
          assertThat(reads).hasSize(2000);
          assertThat(file.nrPages()).isEqualTo(2000);
          assertThat(SysInfo.caches()).isEqualTo(2000);
        });
  }

  @Test
  void aFileIsAtLeastAPageAndAtMostWhatItsTableHolds() {
    boot(
        () -> {
          assertThat(file(0)).isNull();
          assertThat(file(-1)).isNull();
          assertThat(file((1L << 28) + 1)).isNull();
          assertThat(file(1)).isNotNull();
        });
  }

  @Test
  void aReadErrorLeavesNothing() {
    boot(
        () -> {
          AddressSpace file = AddressSpace.create((mapping, index, page) -> -Errno.EIO, 0, 4);
          long slab = FreeMemory.pages();
          assertThat(Filemap.read(file, 3)).isNull();
          assertThat(file.nrPages()).isZero();
          assertThat(FreeMemory.pages()).as("the table's leaf stays").isEqualTo(slab - 1);
        });
  }

  @Test
  void theSecondReadMakesAPageActive() {
    boot(
        () -> {
          AddressSpace file = file(10);
          readAll(file);
          assertThat(Lru.nrInactive()).isEqualTo(10);
          assertThat(Lru.nrActive()).isZero();
          readAll(file);
          assertThat(Lru.nrActive()).isEqualTo(10);
          assertThat(Lru.nrInactive()).isZero();
        });
  }

  @Test
  void aFileLargerThanMemoryIsReadAndReclaimedWithoutStall() {
    boot(
        () -> {
          AddressSpace file = file(40_000);
          readAll(file);
          assertThat(reads).hasSize(40_000);
          assertThat(file.nrPages()).isBetween(10_000L, 16_000L);
          Zone zone = Zone.normal();
          assertThat(zone.freePages()).isGreaterThanOrEqualTo(zone.watermark(Zone.WMARK_MIN));
          assertThat(VmStat.event(VmStat.PGSTEAL_KSWAPD)).isPositive();
          assertThat(VmStat.event(VmStat.OOM_KILL)).isZero();
          // What others want comes out of the cache.
          for (int i = 0; i < 8000; i++) {
            assertThat(PageAlloc.allocPages(Gfp.GFP_KERNEL, 0)).isNotNull();
          }
          assertThat(file.nrPages()).isLessThan(9_000);
        });
  }

  @Test
  void aPageThatSomebodyLooksAtStays() {
    boot(
        () -> {
          AddressSpace file = file(100);
          readAll(file);
          Page held = Filemap.read(file, 50);
          assertThat(DropCaches.dropPagecache()).isEqualTo(99);
          assertThat(file.nrPages()).isEqualTo(1);
          assertThat(Lru.shrink(0)).isZero();
          assertThat(Memory.load64(held.virtual())).isEqualTo(1050);
          Filemap.put(held);
          assertThat(DropCaches.dropPagecache()).isEqualTo(1);
          assertThat(SysInfo.caches()).isZero();
        });
  }

  @Test
  void droppedPagesAreFreeAndReadAgain() {
    boot(
        () -> {
          AddressSpace file = file(1500);
          readAll(file);
          long free = FreeMemory.pages();
          assertThat(DropCaches.dropPagecache()).isEqualTo(1500);
          assertThat(FreeMemory.pages()).isEqualTo(free + 1500);
          readAll(file);
          assertThat(reads).hasSize(3000);
        });
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, 8, 1L << 32})
  void dropCachesRefusesOtherValues(long value) {
    boot(
        () -> {
          assertThat(DropCaches.write(value)).isFalse();
          assertThat(VmStat.event(VmStat.DROP_PAGECACHE)).isZero();
        });
  }

  @Test
  void dropCachesSaysSoUntilItIsToldToBeSilentAndCounts() {
    int[] scans = {0};
    ShrinkerOps ops =
        new ShrinkerOps() {
          @Override
          public long countObjects(Shrinker shrinker) {
            scans[0]++;
            return 0;
          }

          @Override
          public long scanObjects(Shrinker shrinker, long nr) {
            return 0;
          }
        };
    String console =
        boot(
            () -> {
              AddressSpace file = file(10);
              new Shrinker(Slab.kzalloc(Shrinker.SIZE, 0)).register(ops, 0, 0, 0);
              readAll(file);
              DropCaches.write(2);
              assertThat(file.nrPages()).isEqualTo(10);
              assertThat(scans[0]).isEqualTo(1);
              DropCaches.write(1);
              assertThat(file.nrPages()).isZero();
              DropCaches.write(3);
              DropCaches.write(7);
              DropCaches.write(3);
              assertThat(VmStat.event(VmStat.DROP_PAGECACHE)).isEqualTo(4);
              assertThat(VmStat.event(VmStat.DROP_SLAB)).isEqualTo(4);
            });
    assertThat(
            console.lines().filter(line -> line.contains("drop_caches")).map(l -> l.substring(15)))
        .containsExactly(
            "init (4): drop_caches: 2",
            "init (4): drop_caches: 1",
            "init (4): drop_caches: 3",
            "init (4): drop_caches: 7");
  }

  @Test
  void availableMemoryCountsTheCacheButForItsShare() {
    boot(
        () -> {
          long before = SysInfo.available();
          readAll(file(2000));
          Zone zone = Zone.normal();
          assertThat(SysInfo.available())
              .isEqualTo(
                  zone.freePages()
                      - zone.watermark(Zone.WMARK_HIGH)
                      + 2000
                      - zone.watermark(Zone.WMARK_LOW));
          assertThat(before - SysInfo.available()).isBetween(0L, 800L);
        });
  }

  @Test
  void procShowsWhatThereIs() {
    String console =
        PlainKernel.run(
            64 << 20,
            "show=meminfo,buddyinfo,vmstat,pagetypeinfo,nonsense",
            () -> {
              readAll(file(100));
              VmStat.count(VmStat.BALLOON_INFLATE, 25);
              ShowMem.start();
            });
    assertThat(console)
        .contains("`nonsense' invalid for parameter `show'")
        .containsPattern("MemTotal: +64\\d{3} kB\n")
        .containsPattern("MemFree: +6\\d{4} kB\n")
        .containsPattern("Cached: +400 kB\n")
        .containsPattern("Inactive\\(file\\): +400 kB\n")
        .containsPattern("Balloon: +100 kB\n")
        .containsPattern("Node 0, zone   Normal ( +\\d+){11} \n")
        .containsPattern("Node    0, zone   Normal, type    Unmovable ( +\\d+){11} \n")
        .containsPattern("Node    0, zone   Normal, type      Movable ( +\\d+){11} \n")
        .contains("nr_file_pages 100\n", "balloon_inflate 25\n", "drop_slab 0\n");
    assertThat(console.lines().filter(line -> line.contains("MemTotal"))).hasSize(1);
  }

  @Test
  void procIsShownAgainAndAgainIfAsked() {
    String console =
        PlainKernel.run(
            64 << 20,
            "show=buddyinfo show.interval=100",
            () -> {
              ShowMem.start();
              aerostat.guest.kernel.Sched.msleep(450);
            });
    assertThat(console.lines().filter(line -> line.contains("zone   Normal"))).hasSize(5);
  }

  @Test
  void theSysctlBootParameterDropsCaches() {
    String console = PlainKernel.run(64 << 20, "sysctl.vm.drop_caches=3", ShowMem::start);
    assertThat(console).contains("init (4): drop_caches: 3\n");
    console = PlainKernel.run(64 << 20, "sysctl.vm.drop_caches=8", ShowMem::start);
    assertThat(console)
        .contains("`8' invalid for parameter `sysctl.vm.drop_caches'")
        .doesNotContain("drop_caches: ");
  }
}
