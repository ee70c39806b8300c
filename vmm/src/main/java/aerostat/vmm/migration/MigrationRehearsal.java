package aerostat.vmm.migration;

import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineSlot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Moves a small guest of its own to and fro inside the process, over a real socket: so the classes
 * of a migration are loaded and its loops compiled before somebody waits for one.
 */
final class MigrationRehearsal {
  private static final long MEMORY = 48L << 20;
  private static final String COMMAND_LINE = "workload=idle resident=16M";
  private static final String SNAPSHOT = "snapshot";
  private static final long LOOK = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(20);

  private MigrationRehearsal() {}

  /**
   * Moves a small guest to and fro.
   *
   * @param moves how many at most
   * @param snapshot whether the guest is saved and restored as well
   * @param enough asked before each move and while one is waited for
   */
  static void run(int moves, boolean snapshot, BooleanSupplier enough) throws IOException {
    Path folder = Files.createTempDirectory("aerostat");
    MachineSlot one = new MachineSlot();
    MachineSlot two = new MachineSlot();
    try (MigrationService from = MigrationService.unprepared(one);
        MigrationService to = MigrationService.unprepared(two)) {
      Machine machine = Machine.builder().memory(MEMORY).append(COMMAND_LINE).build();
      one.put(machine);
      machine.start();
      boolean back = shuttle(folder, from, to, moves, enough) % 2 == 0;
      if (snapshot) {
        snapshot(folder, back ? from : to, back ? to : from, enough);
      }
    } finally {
      one.clear();
      two.clear();
      Files.deleteIfExists(folder.resolve("0"));
      Files.deleteIfExists(folder.resolve("1"));
      Files.deleteIfExists(folder.resolve(SNAPSHOT));
      Files.deleteIfExists(folder);
    }
  }

  private static void snapshot(
      Path folder, MigrationService from, MigrationService to, BooleanSupplier enough) {
    String file = "file:" + folder.resolve(SNAPSHOT);
    from.migrate(file);
    if (completed(from, enough)) {
      to.listen(file);
    }
  }

  private static int shuttle(
      Path folder,
      MigrationService first,
      MigrationService second,
      int moves,
      BooleanSupplier enough) {
    MigrationService from = first;
    MigrationService to = second;
    for (int i = 0; i < moves; i++) {
      if (enough.getAsBoolean()) {
        return i;
      }
      from.migrate(to.listen("unix:" + folder.resolve(Integer.toString(i % 2))));
      if (!completed(from, enough)) {
        return i;
      }
      MigrationService swap = from;
      from = to;
      to = swap;
    }
    return moves;
  }

  private static boolean completed(MigrationService from, BooleanSupplier enough) {
    long deadline = System.nanoTime() + PATIENCE;
    while (System.nanoTime() < deadline && !enough.getAsBoolean()) {
      Object status = from.query().get("status");
      if ("completed".equals(status)) {
        return true;
      }
      if ("failed".equals(status)) {
        return false;
      }
      LockSupport.parkNanos(LOOK);
    }
    return false;
  }
}
