package aerostat.vmm.migration.faults;

import aerostat.vmm.migration.faults.Fault.Kind;
import aerostat.vmm.migration.faults.Fault.Unit;
import aerostat.vmm.migration.faults.Fault.Way;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What goes wrong in one migration.
 *
 * @param seed that the plan came from, or its number; also decides what a broken connection loses
 */
public record FaultPlan(long seed, List<Fault> faults) {
  /** Bytes of the handover of an undisturbed migration: FINAL and COMMIT, READY and STARTED. */
  static final int BYTES_DOWN = 36 + 16 + 4 + 32 + 1 + 36 + 16 + 4;

  static final int BYTES_UP = 36 + 16 + 4 + 32 + 36 + 16 + 4;

  private static final int MESSAGES_DOWN = 12;
  private static final int MESSAGES_UP = 4;
  private static final int MOST_FAULTS = 4;

  public FaultPlan {
    faults = List.copyOf(faults);
  }

  /** One to four faults, mostly in the handover; the same for the same seed. */
  public static FaultPlan random(long seed) {
    // Seeds in a row begin alike in a java.util.Random: all plans had as many faults.
    SplittableRandom random = new SplittableRandom(seed);
    List<Fault> faults = new ArrayList<>();
    int count = 1 + random.nextInt(MOST_FAULTS);
    for (int i = 0; i < count; i++) {
      Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
      Way way = Way.values()[random.nextInt(2)];
      boolean down = way == Way.TO_DESTINATION;
      // Beyond the undisturbed migration lie the messages of its reconnects.
      faults.add(
          random.nextInt(4) == 0
              ? new Fault(
                  kind, way, Unit.MESSAGE, random.nextInt(2 * (down ? MESSAGES_DOWN : MESSAGES_UP)))
              : new Fault(
                  kind, way, Unit.BYTE, random.nextInt(2 * (down ? BYTES_DOWN : BYTES_UP))));
    }
    return new FaultPlan(seed, faults);
  }

  /**
   * Every single fault of the connection and of a process: at each message boundary, and at each
   * byte of the handover.
   */
  public static List<FaultPlan> singles() {
    List<FaultPlan> plans = new ArrayList<>();
    for (Way way : Way.values()) {
      boolean down = way == Way.TO_DESTINATION;
      for (Kind kind : Kind.values()) {
        for (int i = 0; i < (down ? MESSAGES_DOWN : MESSAGES_UP); i++) {
          plans.add(single(plans.size(), kind, way, Unit.MESSAGE, i));
        }
      }
      for (int i = 0; i < (down ? BYTES_DOWN : BYTES_UP); i++) {
        for (Kind kind :
            List.of(Kind.CUT, Kind.KILL_SOURCE, Kind.KILL_DESTINATION, Kind.RESTART_DESTINATION)) {
          plans.add(single(plans.size(), kind, way, Unit.BYTE, i));
        }
      }
    }
    return plans;
  }

  private static FaultPlan single(int number, Kind kind, Way way, Unit unit, int index) {
    return new FaultPlan(number, List.of(new Fault(kind, way, unit, index)));
  }

  @Override
  public String toString() {
    return "seed " + seed + ": " + faults;
  }
}
