package aerostat.tools.explore;

import aerostat.vmm.machine.Sabotage;
import aerostat.vmm.migration.SteppedMigration.Ending;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The settings that {@code aerostat explore} knows. */
final class Settings {
  private Settings() {}

  /** Without planted errors: nothing may be found. */
  static List<Setting> sound() {
    return List.of(
        sound("default", "one block, taken, written again, freed, taken again"),
        sound("two-blocks", "two blocks, one round").size(2, 1, 1),
        sound("two-rounds", "one block, two rounds with a sync in between").size(1, 1, 2),
        sound("given-up", "one block; a migration is given up, another follows")
            .size(1, 2, 1)
            .guest(2, 1, 0),
        sound("target", "one block; the target changes while hints are under way")
            .guest(1, 1, 0)
            .targets(1),
        sound("poison", "free pages are filled and looked at; the driver holds what it hints")
            .on(SmallMachine.PLAIN.withPoison())
            .guest(1, 0, 0),
        sound("merged-4.20", "Linux 4.20's driver, whose shrinker gives back hints under way")
            .on(SmallMachine.MERGED_420)
            .guest(1, 1, 0),
        sound("walk-v28", "the walk of the v28 series: hinted pages are nobody's")
            .on(SmallMachine.WALK_V28)
            .guest(1, 0, 0),
        sound("fill", "two rounds; hinted pages are filled with zero at the destination")
            .size(1, 1, 2)
            .ending(Ending.FILL),
        sound("postcopy-hints", "two rounds, then the guest goes before its pages")
            .size(1, 1, 2)
            .ending(Ending.POSTCOPY),
        sound("postcopy-hints-4.20", "as well, with a shrinker that gives back hints under way")
            .on(SmallMachine.MERGED_420)
            .guest(1, 1, 0)
            .ending(Ending.POSTCOPY),
        sound("fill-poison", "the walk of the v28 series, but hinted pages get their fill again")
            .on(SmallMachine.WALK_V28.withPoison())
            .guest(0, 0, 0)
            .ending(Ending.FILL));
  }

  /** Each must be found. */
  static List<Setting> planted() {
    return List.of(
        planted(
            Sabotage.LOG_AFTER_HINTS,
            "MIG-21",
            "the log is switched on when hints have come already"),
        planted(
                Sabotage.ACCEPT_STALE_ID,
                "MIG-22",
                "the device takes hints under the command id of an earlier migration")
            .size(1, 2, 1),
        planted(
                Sabotage.STOP_WITHOUT_LOCK,
                "MIG-23",
                "a hint in mid-processing outlasts the stop before a sync")
            .on(SmallMachine.MERGED_420)
            .size(1, 1, 2),
        planted(
                Sabotage.HINT_CLEARS_LOG,
                "MIG-24",
                "a hint clears the log too, and 4.20's shrinker gives back hints under way")
            .on(SmallMachine.MERGED_420),
        planted(
                Sabotage.DISCARD_HINTS,
                "MIG-26",
                "hinted pages are discarded, and 4.20's shrinker gives back hints under way")
            .on(SmallMachine.MERGED_420),
        planted(
                Sabotage.KEEP_FREE_SET,
                "MIG-27",
                "a page written after its hint stays in the free set at the last harvest")
            .on(SmallMachine.MERGED_420)
            .ending(Ending.FILL),
        Setting.sound(
                "walk-poison",
                "free pages that are skipped have lost their fill at the destination")
            .breaks("POISON-13", Set.of())
            .on(SmallMachine.WALK_V28.withPoison()),
        Setting.sound("captive-4.20", "4.20's driver still has a block after the last DONE")
            .breaks("EDGE-30", Set.of())
            .on(SmallMachine.MERGED_420));
  }

  static List<Setting> all() {
    List<Setting> all = new ArrayList<>(sound());
    all.addAll(planted());
    return all;
  }

  static Optional<Setting> named(String name) {
    return all().stream().filter(setting -> setting.name().equals(name)).findFirst();
  }

  private static Setting sound(String name, String about) {
    return Setting.sound(name, about).guest(2, 1, 1);
  }

  private static Setting planted(Sabotage error, String rule, String about) {
    return Setting.sound(error.word(), about).breaks(rule, Set.of(error)).guest(1, 0, 0);
  }
}
