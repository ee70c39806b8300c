package aerostat.tools.explore;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.tools.explore.Step.Kind;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.Sabotage;
import aerostat.vmm.migration.SteppedMigration.Ending;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A small system to be explored, and what should be found in it.
 *
 * @param name on the command line
 * @param rule of balloon-facts.md that the error breaks; empty for a system without one
 * @param about one line
 * @param blocks of 4 MiB that can be hinted, beside the kernel's own memory
 * @param append the guest's command line
 * @param balloon what the device offers
 * @param inflated bytes in the balloon from the beginning
 * @param planted errors
 * @param migrations how many; all but the last are given up after they asked for hints
 * @param rounds of the last one before the pause
 * @param takes blocks that the guest's program may take
 * @param writes it may do beyond those
 * @param frees it may do
 * @param targets times that an operator may change the balloon's target, by a page
 * @param ending how the last migration ends
 */
record Setting(
    String name,
    String rule,
    String about,
    int blocks,
    String append,
    BalloonOptions balloon,
    long inflated,
    Set<Sabotage> planted,
    int migrations,
    int rounds,
    int takes,
    int writes,
    int frees,
    int targets,
    Ending ending) {

  /** What the guest's program may do. */
  Setting guest(int newTakes, int newWrites, int newFrees) {
    return new Setting(
        name,
        rule,
        about,
        blocks,
        append,
        balloon,
        inflated,
        planted,
        migrations,
        rounds,
        newTakes,
        newWrites,
        newFrees,
        targets,
        ending);
  }

  /** More of the same. */
  Setting size(int newBlocks, int newMigrations, int newRounds) {
    return new Setting(
        name,
        rule,
        about,
        newBlocks,
        append,
        balloon,
        inflated,
        planted,
        newMigrations,
        newRounds,
        takes,
        writes,
        frees,
        targets,
        ending);
  }

  /** With another driver. */
  Setting driver(String newAppend, BalloonOptions newBalloon, long newInflated) {
    return new Setting(
        name,
        rule,
        about,
        blocks,
        newAppend,
        newBalloon,
        newInflated,
        planted,
        migrations,
        rounds,
        takes,
        writes,
        frees,
        targets,
        ending);
  }

  /** With another end. */
  Setting ending(Ending newEnding) {
    return new Setting(
        name,
        rule,
        about,
        blocks,
        append,
        balloon,
        inflated,
        planted,
        migrations,
        rounds,
        takes,
        writes,
        frees,
        targets,
        newEnding);
  }

  /**
   * Brings a machine to where the setting begins; machine lock held.
   *
   * @return false: the guest has to run for it, then ask again
   */
  boolean prepare(Machine machine) {
    long wanted = memory() - inflated;
    if (machine.balloon().actualBytes() == wanted) {
      return true;
    }
    machine.balloon().setTarget(wanted);
    return false;
  }

  /** Bytes of a block. */
  static final long BLOCK = 4L << 20;

  /** The kernel takes the first block of RAM for what it has at boot, and one for what it makes. */
  long memory() {
    return BLOCK * (2 + blocks);
  }

  /** With an operator who changes the target in between (EDGE-29). */
  Setting targets(int newTargets) {
    return new Setting(
        name,
        rule,
        about,
        blocks,
        append,
        balloon,
        inflated,
        planted,
        migrations,
        rounds,
        takes,
        writes,
        frees,
        newTargets,
        ending);
  }

  /** Whether a block that the driver has after the last DONE counts (EDGE-30, MIG-27). */
  boolean findsCaptives() {
    return rule.equals(CAPTIVE_RULE) || (expectsNone() && !append.contains("merged-4.20"));
  }

  /** Whether what is found is a loss that a guest notices on whole machines. */
  boolean losesData() {
    return !rule.equals(CAPTIVE_RULE);
  }

  private static final String CAPTIVE_RULE = "EDGE-30";

  boolean expectsNone() {
    return rule.isEmpty();
  }

  /** Whether the guest fills free pages, and looks at them when they are allocated. */
  boolean poisoned() {
    return append.contains("page_poison=1");
  }

  /** The migration's own order; the other actors' steps come anywhere in between. */
  List<Step> program() {
    List<Step> steps = new ArrayList<>();
    for (int i = 1; i < migrations; i++) {
      steps.add(Step.of(Kind.BEGIN));
      steps.add(Step.of(Kind.ASK));
      steps.add(Step.of(Kind.CANCEL));
    }
    steps.add(Step.of(Kind.BEGIN));
    for (int round = 0; round < rounds; round++) {
      if (round > 0) {
        steps.add(Step.of(Kind.STOP));
        steps.add(Step.of(Kind.SYNC));
      }
      steps.add(Step.of(Kind.ASK));
      if (round == 0 && planted.contains(Sabotage.LOG_AFTER_HINTS)) {
        steps.add(Step.of(Kind.LOG));
      }
      for (int block = 0; block < blocks; block++) {
        steps.add(new Step(Kind.CLEAR, block));
        steps.add(new Step(Kind.SEND, block));
      }
    }
    steps.add(Step.of(Kind.FINISH));
    return steps;
  }
}
