package aerostat.tools.fuzz;

import aerostat.tools.fuzz.device.DeviceTarget;
import aerostat.tools.fuzz.engine.OwnEngine;
import aerostat.vmm.machine.SnapshotMachine;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;

/** How fast a target is without an engine: inputs of a grown corpus, again and again. */
final class Rate {
  private static final int GROWING = 20_000;
  private static final long MEASURED_NANOS = 5_000_000_000L;
  private static final int RESETS = 20_000;

  private Rate() {}

  static void print(TargetKind kind, BootedGuest.Setup setup) {
    BigStack.call(
        () -> {
          try (GuardedTarget target = kind.make(setup)) {
            OwnEngine engine = new OwnEngine(target, 1);
            engine.run(target.seeds(), runs -> runs < GROWING, (input, finding) -> {});
            rate("inputs of a grown corpus", target, engine.corpus());
            if (target.target() instanceof DeviceTarget device) {
              rate("an input that only inflates", target, List.of(DeviceTarget.inflating()));
              resets(device.guest().machine());
            }
          }
          return true;
        });
  }

  private static void rate(String what, GuardedTarget target, List<byte[]> inputs) {
    var threads = ManagementFactory.getThreadMXBean();
    long runs = 0;
    long polls = 0;
    long accesses = accesses(target);
    long cpu = threads.getCurrentThreadCpuTime();
    long begun = System.nanoTime();
    while (System.nanoTime() - begun < MEASURED_NANOS) {
      try {
        target.run(inputs.get((int) (runs % inputs.size())), FuzzLog.OFF);
      } catch (FuzzFinding counted) {
        // Its time counts as any other's.
      }
      runs++;
      polls +=
          target.target() instanceof DeviceTarget device
              ? device.guest().machine().pollsSince()
              : 0;
    }
    double wall = (System.nanoTime() - begun) / 1e9;
    double busy = (threads.getCurrentThreadCpuTime() - cpu) / 1e9;
    System.out.printf(
        "%s: %,.0f executions a second of processor time (%,.0f of wall time);"
            + " %.0f guest polls and %.0f register accesses of the target each%n",
        what,
        runs / busy,
        runs / wall,
        (double) polls / runs,
        (double) (accesses(target) - accesses) / runs);
  }

  private static long accesses(GuardedTarget target) {
    return target.target() instanceof DeviceTarget device ? device.accesses() : 0;
  }

  /** Each reset comes after the guest has inflated, slept and worked for 200 polls. */
  private static void resets(SnapshotMachine machine) {
    long[] times = new long[RESETS];
    long pages = 0;
    for (int i = 0; i < RESETS; i++) {
      machine.rewind();
      machine.lock().lock();
      try {
        machine.balloon().setTarget(machine.memory().size() - ((1L + i % 5) << 20));
      } finally {
        machine.lock().unlock();
      }
      machine.run(DeviceTarget.LEAST_POLLS);
      machine.ram().collect();
      pages += machine.ram().dirtyPages();
      long begun = System.nanoTime();
      machine.rewind();
      times[i] = System.nanoTime() - begun;
    }
    Arrays.sort(times);
    System.out.printf(
        "reset of %d MiB: median %.1f us, 99 of 100 below %.1f us, %.0f dirty pages%n",
        machine.memory().size() >> 20,
        times[RESETS / 2] / 1e3,
        times[RESETS * 99 / 100] / 1e3,
        (double) pages / RESETS);
  }
}
