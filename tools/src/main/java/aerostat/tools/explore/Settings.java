package aerostat.tools.explore;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.devices.balloon.BalloonProperty;
import aerostat.vmm.machine.Sabotage;
import aerostat.vmm.migration.SteppedMigration.Ending;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The settings that {@code aerostat explore} knows. */
final class Settings {
  private Settings() {}

  private static final BalloonOptions OOM =
      BalloonOptions.DEFAULT.with(BalloonProperty.DEFLATE_ON_OOM, true);

  private static final BalloonOptions POISON =
      BalloonOptions.DEFAULT.with(BalloonProperty.PAGE_POISON, true);

  private static final String VARIANT = "virtio_balloon.variant=";

  /** Whose shrinker gives blocks back that the device has not used yet (HINT-12). */
  private static final String MERGED_420 = VARIANT + "merged-4.20";

  /** That driver counts pages in the balloon only, so there have to be some (HFIX-05). */
  private static final long INFLATED_420 = 64 << 10;

  private static final String WALK_V28 = VARIANT + "walk-v28";
  private static final String POISONED = "page_poison=1";

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
            .driver(POISONED, POISON, 0)
            .guest(1, 0, 0),
        sound("merged-4.20", "Linux 4.20's driver, whose shrinker gives back hints under way")
            .driver(MERGED_420, OOM, INFLATED_420)
            .guest(1, 1, 0),
        sound("walk-v28", "the walk of the v28 series: hinted pages are nobody's")
            .driver(WALK_V28, BalloonOptions.DEFAULT, 0)
            .guest(1, 0, 0),
        sound("fill", "two rounds; hinted pages are filled with zero at the destination")
            .size(1, 1, 2)
            .ending(Ending.FILL),
        sound("postcopy-hints", "two rounds, then the guest goes before its pages")
            .size(1, 1, 2)
            .ending(Ending.POSTCOPY),
        sound("postcopy-hints-4.20", "as well, with a shrinker that gives back hints under way")
            .driver(MERGED_420, OOM, INFLATED_420)
            .guest(1, 1, 0)
            .ending(Ending.POSTCOPY),
        sound("fill-poison", "the walk of the v28 series, but hinted pages get their fill again")
            .driver(WALK_V28 + " " + POISONED, POISON, 0)
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
            .size(1, 1, 2)
            .driver(MERGED_420, OOM, INFLATED_420),
        planted(
                Sabotage.HINT_CLEARS_LOG,
                "MIG-24",
                "a hint clears the log too, and 4.20's shrinker gives back hints under way")
            .driver(MERGED_420, OOM, INFLATED_420),
        planted(
                Sabotage.DISCARD_HINTS,
                "MIG-26",
                "hinted pages are discarded, and 4.20's shrinker gives back hints under way")
            .driver(MERGED_420, OOM, INFLATED_420),
        planted(
                Sabotage.KEEP_FREE_SET,
                "MIG-27",
                "a page written after its hint stays in the free set at the last harvest")
            .driver(MERGED_420, OOM, INFLATED_420)
            .ending(Ending.FILL),
        new Setting(
            "walk-poison",
            "POISON-13",
            "free pages that are skipped have lost their fill at the destination",
            1,
            WALK_V28 + " " + POISONED,
            POISON,
            0,
            Set.of(),
            1,
            1,
            0,
            0,
            0,
            0,
            Ending.PRECOPY),
        new Setting(
            "captive-4.20",
            "EDGE-30",
            "4.20's driver still has a block after the last DONE",
            1,
            MERGED_420,
            OOM,
            INFLATED_420,
            Set.of(),
            1,
            1,
            0,
            0,
            0,
            0,
            Ending.PRECOPY));
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
    return new Setting(
        name,
        "",
        about,
        1,
        "",
        BalloonOptions.DEFAULT,
        0,
        Set.of(),
        1,
        1,
        2,
        1,
        1,
        0,
        Ending.PRECOPY);
  }

  private static Setting planted(Sabotage error, String rule, String about) {
    return new Setting(
        error.word(),
        rule,
        about,
        1,
        "",
        BalloonOptions.DEFAULT,
        0,
        Set.of(error),
        1,
        1,
        1,
        0,
        0,
        0,
        Ending.PRECOPY);
  }
}
