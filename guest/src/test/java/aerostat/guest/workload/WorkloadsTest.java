package aerostat.guest.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.guest.kernel.Entry;
import aerostat.guest.kernel.Sched;
import aerostat.guest.machine.Memory;
import aerostat.guest.mm.FreeMemory;
import aerostat.guest.plain.PlainFault;
import aerostat.guest.plain.PlainKernel;
import aerostat.guest.plain.PlainMachine;
import aerostat.guest.plain.PlainPowerOff;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Workloads on the plain machine: they run, they notice, they end. */
class WorkloadsTest {
  private static final int RAM = 64 << 20;

  private static String run(String commandLine, Runnable body) {
    return PlainKernel.run(
        RAM,
        commandLine,
        () -> {
          Workloads.start();
          body.run();
        });
  }

  private static void sleep(long ms) {
    Sched.msleep(ms);
  }

  @Test
  void kvstoreVerifiesEveryRecordWithinItsCycle() {
    run(
        "workload=kvstore kvstore.size=256K kvstore.rate=1000 kvstore.cycle=500",
        () -> {
          sleep(100);
          WorkloadStat stat = WorkloadStat.at(0);
          long verified = stat.verified();
          long updates = stat.updates();
          sleep(1000);
          assertThat(stat.name().is("kvstore")).isTrue();
          assertThat(stat.lost()).isZero();
          assertThat(stat.updates() - updates).isBetween(900L, 1100L);
          assertThat(stat.verified() - verified).isGreaterThan(2 * 1024 + 900);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"kvstore", "dirty", "readfile"})
  void whoCannotHaveItsMemorySaysSoAndIsSilentThen(String name) {
    long[] free = new long[2];
    String console =
        PlainKernel.run(
            RAM,
            "workload.interval=100 workload=" + name + " " + name + ".size=" + (1L << 41),
            () -> {
              free[0] = FreeMemory.pages();
              Workloads.start();
              sleep(1000);
              free[1] = FreeMemory.pages();
            });
    assertThat(console)
        .contains(name + ": cannot have ", name + ": stopped\n")
        .doesNotContain(name + ": verified=");
    assertThat(free[0] - free[1]).as("pages kept").isLessThan(20);
  }

  @Test
  void kvstoreGivesBackWhatItGotOfTooMuch() {
    long[] free = new long[2];
    String console =
        PlainKernel.run(
            RAM,
            "workload=kvstore kvstore.size=60M",
            () -> {
              free[0] = FreeMemory.pages();
              Workloads.start();
              free[1] = FreeMemory.pages();
            });
    assertThat(console).contains("kvstore: cannot have 60 MiB\n", "kvstore: stopped\n");
    assertThat(free[0] - free[1]).as("pages kept").isLessThan(20);
  }

  @Test
  void aGuestThatPowersOffDoesSoWithAFailureIfAWorkloadCouldNotBegin() {
    assertThatThrownBy(
            () -> run("workload=kvstore kvstore.size=60M workload.poweroff=y", () -> sleep(60_000)))
        .isInstanceOf(PlainFault.class)
        .hasMessageContaining("the guest reports failure");
  }

  @Test
  void noParameterOfTheWorkloadsIsUnknown() {
    PlainMachine.reset(RAM);
    assertThatThrownBy(
            () ->
                Entry.start(
                    PlainMachine.bootParams(
                        "workload=churn churn.ops=100 workload.poweroff=y workload.interval=0"
                            + " show=meminfo page_poison=1 init_on_free=0 nonsense=1")))
        .isInstanceOf(PlainPowerOff.class);
    assertThat(PlainMachine.mmio().console())
        .contains("Unknown kernel command line parameters \"nonsense=1\", ignored")
        .containsOnlyOnce("Unknown kernel command line");
  }

  @Test
  void readfileReadsThroughTheCacheAndDropsIt() {
    String console =
        run(
            "workload=readfile readfile.size=1M readfile.rate=4 readfile.drop_caches=5",
            () -> {
              sleep(2000);
              WorkloadStat stat = WorkloadStat.at(0);
              assertThat(stat.verified()).isBetween(1500L, 2500L);
              assertThat(stat.lost()).isZero();
            });
    assertThat(console).containsOnlyOnce("readfile (").contains("): drop_caches: 5\n");
    console = run("workload=readfile readfile.drop_caches=9", () -> {});
    assertThat(console).contains("`9' invalid for parameter `readfile.drop_caches'");
  }

  @Test
  void kvstorePrintsItsCounters() {
    String console =
        run("workload=kvstore kvstore.size=64K workload.interval=100", () -> sleep(450));
    assertThat(console)
        .containsPattern(Pattern.compile("kvstore: verified=\\d+ lost=0 updates=\\d+"))
        .containsPattern(
            Pattern.compile("workload-stat name=kvstore verified=\\d+ lost=0 updates=\\d+"));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void kvstoreNoticesAnyPageThatWentBack(long seed) {
    Random random = new Random(seed);
    String console =
        run(
            "workload=kvstore kvstore.size=64K kvstore.rate=20000 kvstore.cycle=100",
            () -> {
              sleep(100);
              long top = kvstore();
              long page = new PageSet(Memory.load64(top)).page(random.nextInt(16));
              byte[] old = read(page);
              sleep(100);
              write(page, old);
              sleep(200);
              assertThat(WorkloadStat.at(0).lost()).as("seed %d", seed).isPositive();
              long lost = WorkloadStat.at(0).lost();
              sleep(500);
              assertThat(WorkloadStat.at(0).lost()).as("a loss counts once").isEqualTo(lost);
            });
    assertThat(console)
        .containsPattern("kvstore: LOST UPDATE record=\\d+ expected=\\d+ found=\\d+");
  }

  @Test
  void kvstoreNoticesATornRecordAndALostTable() {
    String console =
        run(
            "workload=kvstore kvstore.size=64K kvstore.rate=100 kvstore.cycle=100",
            () -> {
              sleep(100);
              long top = kvstore();
              long record = new PageSet(Memory.load64(top)).page(3);
              Memory.store8(record + 200, Memory.load8(record + 200) ^ 4);
              long table = new PageSet(Memory.load64(top + 8)).page(0);
              Memory.store64(table + 8 * 100, 77);
              sleep(200);
              assertThat(WorkloadStat.at(0).lost()).isEqualTo(2);
            });
    assertThat(console)
        .containsPattern("LOST UPDATE record=48 expected=\\d+ found=\\d+ torn")
        .contains("record=100 expected=77 found=");
  }

  /** Address of the words that hold kvstore's two page sets. */
  private static long kvstore() {
    // struct: statistics entry, records, data, shadow
    return WorkloadStat.at(0).self() + 16;
  }

  private static byte[] read(long page) {
    byte[] bytes = new byte[4096];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Memory.load8(page + i);
    }
    return bytes;
  }

  private static void write(long page, byte[] bytes) {
    for (int i = 0; i < bytes.length; i++) {
      Memory.store8(page + i, bytes[i]);
    }
  }

  @Test
  void dirtyKeepsItsRateAndNoticesALostWrite() {
    String console =
        run(
            "workload=dirty dirty.size=512K dirty.rate=8",
            () -> {
              sleep(500);
              WorkloadStat stat = WorkloadStat.at(0);
              long updates = stat.updates();
              sleep(1000);
              assertThat(stat.updates() - updates).isBetween(2000L, 2200L);
              assertThat(stat.lost()).isZero();
              long top = stat.self();
              long page = new PageSet(Memory.load64(top + 16)).page(9);
              byte[] old = read(page);
              sleep(200);
              write(page, old);
              sleep(200);
              assertThat(stat.lost()).isEqualTo(1);
            });
    assertThat(console)
        .containsPattern("dirty: LOST WRITE page=9 expected=\\d+ found=\\d+ offset=0");
  }

  @Test
  void churnEndsAndLeavesNothingBehind() {
    long[] free = new long[1];
    String console =
        PlainKernel.run(
            RAM,
            "workload=churn churn.ops=5000 churn.threads=3",
            () -> {
              free[0] = FreeMemory.pages();
              Workloads.start();
              sleep(5000);
              assertThat(FreeMemory.pages())
                  .isCloseTo(free[0], org.assertj.core.data.Offset.offset(40L));
              assertThat(WorkloadStat.at(0).lost()).isZero();
            });
    assertThat(console).contains("churn: done ops=4998 threads=3 failed=0 lost=0 ms=");
  }

  @Test
  void churnPowersOffWhenAsked() {
    String console = run("workload=churn churn.ops=100 workload.poweroff=y", () -> sleep(60_000));
    assertThat(console).contains("churn: done ops=100").endsWith("reboot: Power down\n");
  }

  @Test
  void mixEndsWithTheSameChecksumWhateverTheTiming() {
    String first = mix(0);
    String second = mix(700);
    assertThat(first).contains("mix: done rounds=10 timers=10 works=10 lost=0 checksum=");
    assertThat(checksum(first)).isEqualTo(checksum(second));
  }

  private static String checksum(String console) {
    return console.substring(console.indexOf("checksum=")).lines().findFirst().orElseThrow();
  }

  private static String mix(int noise) {
    return run(
        "workload=mix",
        () -> {
          for (int i = 0; i < noise; i++) {
            sleep(1);
          }
          sleep(60_000);
        });
  }

  @Test
  void bootMemoryIsTouchedAndFilled() {
    long[] free = new long[2];
    String console =
        PlainKernel.run(
            RAM,
            "touch=40M resident=10M",
            () -> {
              free[0] = FreeMemory.pages();
              Workloads.start();
              free[1] = FreeMemory.pages();
            });
    assertThat(console).contains("touch: touched 40 MiB").contains("resident: filled 10 MiB");
    assertThat(free[0] - free[1]).isBetween(2560L, 2570L);
  }

  @Test
  void moreThanThereIsDoesNotKillTheGuest() {
    String console = run("touch=1G resident=1G workload=kvstore kvstore.size=1G", () -> {});
    assertThat(console)
        .contains("touch: no more memory")
        .contains("resident: no more memory")
        .contains("kvstore: cannot have 1024 MiB");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "workload=",
        "workload=nosuch",
        "workload=,,",
        "workload=kvstore,nosuch,aaaaaaaaaaaaaaaaaaaaaaa",
        "workload=kvstore kvstore.size=x kvstore.rate=-5 kvstore.cycle=0",
        "workload=kvstore kvstore.size=0",
        "workload=dirty dirty.size=0 dirty.rate=99999999999999",
        "workload=churn churn.ops=0 churn.threads=99 churn.order=77 churn.slots=0",
        "workload=kvstore kvstore.size=9223372036854775807",
        "touch=-1 resident=zz",
        "workload=idle,idle,kvstore,kvstore,dirty,dirty,churn,churn,kvstore,kvstore,kvstore",
      })
  void badOptionsDoNotHarm(String commandLine) {
    run(commandLine, () -> sleep(50));
  }

  @Test
  void lossMakesPowerOffAFailure() {
    assertThatThrownBy(
            () ->
                run(
                    "workload=kvstore,mix kvstore.size=64K kvstore.cycle=10",
                    () -> {
                      long table = new PageSet(Memory.load64(kvstore() + 8)).page(0);
                      sleep(12);
                      Memory.store64(table + 800, 99);
                      sleep(60_000);
                    }))
        .isInstanceOf(PlainFault.class)
        .hasMessageContaining("LOST UPDATE record=100 expected=99");
  }
}
