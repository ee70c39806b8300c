package aerostat.tools.fuzz;

import aerostat.devices.balloon.FreePageHintSink;
import aerostat.vmm.machine.SnapshotMachine;
import java.util.function.LongUnaryOperator;

/** What an input may ask of the balloon's host side. */
public final class HostEvents {
  public static final int HINT_START = 2;
  public static final int HINT_STOP = 3;
  public static final int HINT_DONE = 4;

  private static final FreePageHintSink IGNORE = (gpa, length) -> {};
  private static final String[] NAMES = {
    "target %d MiB", "stats every %d s", "hints start", "hints stop", "hints done"
  };

  private final SnapshotMachine machine;
  private final LongUnaryOperator target;

  /**
   * @param target bytes that a number of the input asks the guest to have
   */
  public HostEvents(SnapshotMachine machine, LongUnaryOperator target) {
    this.machine = machine;
    this.target = target;
  }

  /** The host wants hints. */
  public void hintStart() {
    machine.lock().lock();
    try {
      machine.balloon().hintStart(IGNORE);
    } finally {
      machine.lock().unlock();
    }
  }

  /** Decodes one, lets it happen, and returns which it was. */
  public int next(InputBytes in, FuzzLog log) {
    int what = in.below(NAMES.length);
    long number = in.number();
    long bytes = target.applyAsLong(number);
    if (log.on()) {
      log.say("host: " + NAMES[what].formatted(what == 0 ? bytes >> 20 : number));
    }
    machine.lock().lock();
    try {
      switch (what) {
        case 0 -> machine.balloon().setTarget(bytes);
        case 1 -> machine.balloon().setStatsPollingInterval((int) (number & 0xff));
        case HINT_START -> machine.balloon().hintStart(IGNORE);
        case HINT_STOP -> machine.balloon().hintStop();
        default -> machine.balloon().hintDone();
      }
    } finally {
      machine.lock().unlock();
    }
    return what;
  }
}
