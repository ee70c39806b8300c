package aerostat.tools.bench.guest;

import aerostat.mmio.memory.GuestMemory;
import aerostat.tools.bench.stats.Estimate;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.RunState;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * How long a stop takes, from the request to the moment at which the guest stands still and all of
 * it lies in its RAM.
 *
 * @param guest what it did
 * @param pauses how often it was paused
 * @param microseconds of each, ascending
 */
record PauseLatency(String guest, int pauses, double[] microseconds) {
  private static final long WARM_UP_NANOS = 500_000_000;
  private static final long LONGEST_RUN_NANOS = 2_000_000;
  private static final long PATIENCE_NANOS = 60_000_000_000L;
  private static final long SEED = 7;

  /**
   * Pauses a guest at moments chosen by chance.
   *
   * @param entry simple name of the guest's entry class
   * @throws IllegalStateException if the guest does not go on after a pause
   */
  static PauseLatency measure(String guest, String entry, long memoryBytes, int pauses) {
    SplittableRandom random = new SplittableRandom(SEED);
    double[] micros = new double[pauses];
    try (Machine machine =
        Machine.builder()
            .memory(memoryBytes)
            .image(BenchImage.withEntry(BenchImage.PACKAGE + entry))
            .build()) {
      GuestMemory memory = machine.memory();
      machine.start();
      awaitLoop(memory);
      LockSupport.parkNanos(WARM_UP_NANOS);
      long polls = machine.polls();
      for (int i = 0; i < pauses; i++) {
        LockSupport.parkNanos(random.nextLong(LONGEST_RUN_NANOS));
        long before = System.nanoTime();
        machine.pause(RunState.PAUSED);
        micros[i] = (System.nanoTime() - before) / 1e3;
        if (machine.state() != RunState.PAUSED) {
          throw new IllegalStateException("the guest cannot be paused: it is " + machine.state());
        }
        machine.resume();
      }
      machine.pause(RunState.PAUSED);
      if (machine.polls() <= polls) {
        throw new IllegalStateException("the guest did not work");
      }
    }
    Arrays.sort(micros);
    return new PauseLatency(guest, pauses, micros);
  }

  /** The guest counts the trips of its endless loop in the last word of the parameter page. */
  private static void awaitLoop(GuestMemory memory) {
    long counter = GuestMemory.RAM_BASE + memory.romSize() + GuestMemory.PAGE_SIZE - 8;
    long begin = System.nanoTime();
    while (memory.load64(counter) == 0) {
      if (System.nanoTime() - begin > PATIENCE_NANOS) {
        throw new IllegalStateException("the guest did not begin its loop");
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  double quantile(double q) {
    return Estimate.quantile(microseconds, q);
  }

  Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("guest", guest);
    object.put("pauses", pauses);
    object.put("median_us", quantile(0.5));
    object.put("p99_us", quantile(0.99));
    object.put("max_us", quantile(1));
    return object;
  }
}
