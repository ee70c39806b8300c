package aerostat.tools.explore;

import aerostat.tools.explore.Step.Kind;
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
 * @param machine in which all of it happens
 * @param planted errors
 * @param course of the migrations
 * @param budget of everybody else
 */
record Setting(
    String name,
    String rule,
    String about,
    SmallMachine machine,
    Set<Sabotage> planted,
    Course course,
    Budget budget) {

  private static final String CAPTIVE_RULE = "EDGE-30";

  /**
   * What the migrations do.
   *
   * @param migrations how many; all but the last are given up after they asked for hints
   * @param rounds of the last one before the pause
   * @param ending how the last one ends
   */
  record Course(int migrations, int rounds, Ending ending) {
    static final Course SHORTEST = new Course(1, 1, Ending.PRECOPY);
  }

  /**
   * How often the others may act.
   *
   * @param takes blocks that the guest's program may take
   * @param writes it may do beyond those
   * @param frees it may do
   * @param targets times that an operator may change the balloon's target, by a page
   */
  record Budget(int takes, int writes, int frees, int targets) {
    static final Budget NONE = new Budget(0, 0, 0, 0);
  }

  /** The smallest system without an error, in which the guest's program does nothing. */
  static Setting sound(String name, String about) {
    return new Setting(name, "", about, SmallMachine.PLAIN, Set.of(), Course.SHORTEST, Budget.NONE);
  }

  /** One that breaks a rule: by a planted error, or by itself. */
  Setting breaks(String newRule, Set<Sabotage> errors) {
    return new Setting(name, newRule, about, machine, errors, course, budget);
  }

  /** What the guest's program may do. */
  Setting guest(int takes, int writes, int frees) {
    return with(new Budget(takes, writes, frees, budget.targets()));
  }

  /** With an operator who changes the target in between (EDGE-29). */
  Setting targets(int targets) {
    return with(new Budget(budget.takes(), budget.writes(), budget.frees(), targets));
  }

  /** More of the same. */
  Setting size(int blocks, int migrations, int rounds) {
    return on(machine.blocks(blocks)).with(new Course(migrations, rounds, course.ending()));
  }

  /** With another end. */
  Setting ending(Ending ending) {
    return with(new Course(course.migrations(), course.rounds(), ending));
  }

  /** In another machine. */
  Setting on(SmallMachine newMachine) {
    return new Setting(name, rule, about, newMachine, planted, course, budget);
  }

  private Setting with(Course newCourse) {
    return new Setting(name, rule, about, machine, planted, newCourse, budget);
  }

  private Setting with(Budget newBudget) {
    return new Setting(name, rule, about, machine, planted, course, newBudget);
  }

  int blocks() {
    return machine.blocks();
  }

  /** Whether a block that the driver has after the last DONE counts (EDGE-30, MIG-27). */
  boolean findsCaptives() {
    return rule.equals(CAPTIVE_RULE) || (expectsNone() && !machine.runs("merged-4.20"));
  }

  /** Whether what is found is a loss that a guest notices on whole machines. */
  boolean losesData() {
    return !rule.equals(CAPTIVE_RULE);
  }

  boolean expectsNone() {
    return rule.isEmpty();
  }

  /** The migration's own order; the other actors' steps come anywhere in between. */
  List<Step> program() {
    List<Step> steps = new ArrayList<>();
    for (int i = 1; i < course.migrations(); i++) {
      steps.add(Step.of(Kind.BEGIN));
      steps.add(Step.of(Kind.ASK));
      steps.add(Step.of(Kind.CANCEL));
    }
    steps.add(Step.of(Kind.BEGIN));
    for (int round = 0; round < course.rounds(); round++) {
      if (round > 0) {
        steps.add(Step.of(Kind.STOP));
        steps.add(Step.of(Kind.SYNC));
      }
      steps.add(Step.of(Kind.ASK));
      if (round == 0 && planted.contains(Sabotage.LOG_AFTER_HINTS)) {
        steps.add(Step.of(Kind.LOG));
      }
      for (int block = 0; block < blocks(); block++) {
        steps.add(new Step(Kind.CLEAR, block));
        steps.add(new Step(Kind.SEND, block));
      }
    }
    steps.add(Step.of(Kind.FINISH));
    return steps;
  }
}
