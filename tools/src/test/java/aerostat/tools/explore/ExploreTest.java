package aerostat.tools.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.vmm.machine.Sabotage;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The safety argument of section G.4, tried in every order of its steps; the errors that it rules
 * out are planted, and found.
 */
class ExploreTest {
  private static final int DEEP = 100;

  private static Search.Found search(Setting setting) {
    try (Stage stage = new Stage(setting)) {
      Search.Found found = new Search(stage, DEEP, true).run();
      System.out.printf(
          "%s: %d schedules, %d states, %d ms, %s%n",
          setting.name(),
          found.schedules(),
          found.states(),
          found.millis(),
          Step.text(found.failing()));
      return found;
    }
  }

  private static Setting named(String name) {
    return Settings.named(name).orElseThrow();
  }

  @Test
  @DisplayName(
      "the guest as it is loses nothing, in whatever order (MIG-01, MIG-02, MIG-09, EDGE-27)")
  void edge26_hintedThenWritten() {
    nothingIsLost(named("default"));
  }

  @Test
  @DisplayName("a shrinker that gives back hints under way loses nothing: the log stands (MIG-24)")
  void edge28_hintHandledAfterTheWrite() {
    nothingIsLost(named("merged-4.20"));
  }

  @Test
  @DisplayName(
      "a guest that looks at its free pages finds them whole: hinted ones are held (HINT-11)")
  void edge34_poisonWithHeldBlocks() {
    // With filled memory each block is 4 MiB to send: a guest program that does nothing will do.
    nothingIsLost(named("poison").guest(0, 0, 0));
  }

  @Test
  @DisplayName(
      "hinted pages that the destination fills are pages that nobody reads (MIG-28, DEV-17)")
  void freeSetLosesNothing() {
    nothingIsLost(named("fill").guest(1, 1, 0));
    nothingIsLost(named("postcopy-hints").size(1, 1, 1).guest(1, 1, 0));
    nothingIsLost(named("postcopy-hints-4.20"));
  }

  @Test
  @DisplayName("with its fill again, a free page that was skipped is whole (POISON-13)")
  void freeSetKeepsTheFill() {
    nothingIsLost(named("fill-poison"));
  }

  @Test
  @DisplayName("a target that changes in a round ends it early, and nothing is lost (HINT-18)")
  void edge29_targetWhileHintsAreUnderWay() {
    nothingIsLost(named("target").guest(1, 0, 0));
  }

  @Test
  @DisplayName("the second migration leaves out what the first one's hints left over (MIG-27)")
  void hintedByAnEarlierMigration() {
    nothingIsLost(named("given-up").guest(1, 0, 0));
  }

  @Test
  @DisplayName("STOP or DONE between interrupt and work: 4.20's driver keeps a block (HINT-17)")
  void edge30_captiveBlockIsFound() {
    Setting setting = named("captive-4.20");
    Search.Found found = search(setting);
    assertThat(found.violation()).isEqualTo("block A: still the driver's after DONE");
    try (Stage stage = new Stage(setting)) {
      System.out.print(ScheduleText.lines(stage.run(found.failing(), true).told()).indent(2));
    }
  }

  private static void nothingIsLost(Setting setting) {
    Search.Found found = search(setting);
    assertThat(found.failing()).as(String.valueOf(found.violation())).isEmpty();
    assertThat(found.complete()).isTrue();
    assertThat(found.states()).isGreaterThan(50);
  }

  @Test
  void mig21_logAfterHintsIsFound() {
    isFound("log-after-hints", 10, "#1");
  }

  @Test
  void mig22_staleIdIsFound() {
    isFound("accept-stale-id", 13, "#1");
  }

  @Test
  void mig23_stopWithoutTheLockIsFound() {
    isFound("stop-without-lock", 15, "#1");
  }

  @Test
  @DisplayName("with hooks around each sync (MIG-19), so that the hint comes in its round")
  void mig24_hintThatClearsTheLogIsFound() {
    isFound("hint-clears-log", 9, "#1");
  }

  @Test
  void mig26_discardedHintsAreFound() {
    isFound("discard-hints", 7, "#1");
  }

  @Test
  void mig27_freeSetThatTheLastHarvestKeepsIsFound() {
    isFound("keep-free-set", 9, "#1");
  }

  @Test
  void poison13_lostFillIsFound() {
    isFound("walk-poison", 9, "0xaa");
  }

  /** By a schedule of so many steps and none shorter, which ends in a loss on whole machines. */
  private static void isFound(String name, int steps, String what) {
    Setting setting = named(name);
    Search.Found found = search(setting);
    assertThat(found.failing()).hasSize(steps);
    assertThat(found.violation()).startsWith("block A").contains(what);
    try (Stage stage = new Stage(setting)) {
      Run again = stage.run(found.failing(), true);
      assertThat(again.violation()).startsWith("block A").contains(what);
      assertThat(again.told()).hasSize(steps);
      System.out.print(ScheduleText.lines(again.told()).indent(2) + again.violation() + "\n");
      List<String> notices = FullReplay.of(setting, again.told()).run();
      assertThat(notices).isNotEmpty();
      System.out.println(notices.getFirst());
      assertThat(notices.getFirst())
          .contains(setting.machine().poisoned() ? "pagealloc: " : "kvstore: LOST UPDATE");
    }
  }

  @Test
  @DisplayName("the schedule that loses with the error loses nothing without it")
  void sameScheduleWithoutTheError() {
    List<Step> schedule =
        Step.parse("begin,ask,run,go,cancel,run,take,begin,ask,device,device,clear-A", 1);
    try (Stage stage = new Stage(named("accept-stale-id"))) {
      assertThat(stage.run(with(schedule, "finish"), false).violation()).isNotNull();
    }
    try (Stage stage = new Stage(named("given-up"))) {
      // Now the page has its bit, and so there is something to send.
      assertThat(stage.run(with(schedule, "send-A,finish"), false).violation()).isNull();
    }
  }

  private static List<Step> with(List<Step> schedule, String end) {
    return Stream.concat(schedule.stream(), Step.parse(end, 1).stream()).toList();
  }

  @Test
  @DisplayName("states that look alike are alike: without merging them nothing else is found")
  void mergingHidesNothing() {
    int steps = 8;
    Setting small = named("default").guest(1, 0, 0);
    try (Stage stage = new Stage(small)) {
      Search.Found merged = new Search(stage, steps, true).run();
      Search.Found all = new Search(stage, steps, false).run();
      assertThat(all.states()).isGreaterThan(merged.states());
      assertThat(all.failing()).isEmpty();
    }
  }

  @Test
  @DisplayName("each word of sabotage at hints has its setting")
  void settingsNameTheirErrors() {
    List<String> words = Arrays.stream(Sabotage.values()).map(Sabotage::word).toList();
    for (Setting setting : Settings.planted()) {
      assertThat(setting.rule()).isNotEmpty();
      assertThat(setting.planted()).allMatch(error -> words.contains(error.word()));
    }
  }

  @Test
  @DisplayName("on two whole machines nothing is noticed where nothing is lost")
  void kvstoreNoticesNothing() {
    String stale = "begin,ask,run,go,cancel,run,take,begin,ask,device,device,clear-A,finish";
    assertThat(new FullReplay(named("given-up"), Step.parse(stale, 1), false).run()).isEmpty();
  }

  @Test
  @DisplayName("a schedule that is none is refused with what would be possible")
  void impossibleSchedule() {
    try (Stage stage = new Stage(named("default"))) {
      assertThatThrownBy(() -> stage.run(Step.parse("begin,device", 1), false))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("step 2, device: not possible here; possible: ask,take");
      assertThatThrownBy(() -> Step.parse("begin,send-B", 1))
          .hasMessage("'send-B' is no step here");
      // The machine is as good as before.
      assertThat(stage.run(Step.parse("begin,ask,run", 1), false).violation()).isNull();
    }
  }
}
