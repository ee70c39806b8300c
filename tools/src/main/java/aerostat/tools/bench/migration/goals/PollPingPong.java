package aerostat.tools.bench.migration.goals;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineHost;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.SteppedMigration;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * The ping-pong where time is the guest's own work: a deterministic guest does a fixed amount of
 * allocating while one migration follows the other, each of a fixed length in guest polls. What it
 * takes more with hints is the guest's side of hinting, exactly.
 *
 * @param polls until the work was done
 * @param migrations meanwhile
 * @param hinted pages, of all of them
 */
record PollPingPong(long polls, int migrations, long hinted) {
  private static final long MEMORY = 64L << 20;
  private static final String WORK =
      "workload=churn churn.threads=4 churn.ops=400000 workload.poweroff=y workload.interval=0";

  /** Polls of a round; a poll is a microsecond of virtual time. */
  private static final long ROUND = 50_000;

  private static final int ROUNDS = 3;

  static PollPingPong run(boolean hints) {
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    MachineHost host = MachineHost.SILENT.withConsole(console);
    Machine machine =
        Machine.builder()
            .memory(MEMORY)
            .append(WORK)
            .balloon(BalloonOptions.DEFAULT)
            .console(console)
            .deterministic(1)
            .build();
    int migrations = 0;
    long hinted = 0;
    long polls = machine.runUntilPoll(ROUND);
    try {
      while (machine.state() == RunState.PAUSED) {
        SteppedMigration migration =
            new SteppedMigration(machine, true, SteppedMigration.Ending.PRECOPY, error -> false);
        long from = polls;
        machine.at(
            from + 1,
            () -> {
              migration.begin();
              ask(migration, hints);
            });
        for (int i = 1; i < ROUNDS; i++) {
          machine.at(from + i * ROUND, () -> round(migration, hints));
        }
        polls = machine.runUntilPoll(from + ROUNDS * ROUND);
        if (machine.state() != RunState.PAUSED) {
          break;
        }
        migration.finishAll();
        hinted += migration.hinted();
        migrations++;
        Machine moved = migration.handOver(host);
        machine.close();
        machine = moved;
      }
    } finally {
      machine.close();
    }
    String text = console.toString(StandardCharsets.ISO_8859_1);
    if (!text.contains("churn: done") || !text.contains("lost=0")) {
      throw new IllegalStateException("churn did not end well: " + text);
    }
    return new PollPingPong(polls, migrations, hinted);
  }

  /** All that is dirty goes, then the log is taken over, and hints are asked for again. */
  private static void round(SteppedMigration migration, boolean hints) {
    migration.take(0, MEMORY >> 12);
    migration.flush();
    migration.stopHints();
    migration.sync();
    ask(migration, hints);
  }

  private static void ask(SteppedMigration migration, boolean hints) {
    if (hints) {
      migration.askForHints();
    }
  }
}
