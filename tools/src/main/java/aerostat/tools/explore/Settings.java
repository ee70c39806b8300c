package aerostat.tools.explore;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.vmm.machine.Sabotage;
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
            .guest(2, 1, 0));
  }

  /** Each must be found. */
  static List<Setting> planted() {
    List<Setting> all = new ArrayList<>();
    all.add(
        planted(
            Sabotage.LOG_AFTER_HINTS,
            "MIG-21",
            "the log is switched on when hints have come already"));
    all.add(
        planted(
                Sabotage.ACCEPT_STALE_ID,
                "MIG-22",
                "the device takes hints under the command id of an earlier migration")
            .size(1, 2, 1));
    return all;
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
    return new Setting(name, "", about, 1, "", BalloonOptions.DEFAULT, Set.of(), 1, 1, 2, 1, 1);
  }

  private static Setting planted(Sabotage error, String rule, String about) {
    return new Setting(
        error.word(), rule, about, 1, "", BalloonOptions.DEFAULT, Set.of(error), 1, 1, 1, 0, 0);
  }
}
