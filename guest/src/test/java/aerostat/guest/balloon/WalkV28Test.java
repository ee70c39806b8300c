package aerostat.guest.balloon;

import static aerostat.guest.balloon.BalloonFixture.settle;
import static aerostat.guest.balloon.HintRig.BLOCK;
import static aerostat.guest.balloon.HintRig.ID;
import static aerostat.guest.balloon.HintRig.NEXT;
import static aerostat.guest.balloon.HintRig.START;
import static aerostat.guest.balloon.HintRig.STOP;
import static aerostat.guest.balloon.HintRig.hintFeatures;
import static aerostat.guest.balloon.HintRig.hinting;
import static aerostat.guest.balloon.HintRig.sequence;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.kernel.Sched;
import aerostat.guest.mm.FreeBlocks;
import aerostat.guest.mm.FreeMemory;
import aerostat.guest.mm.Page;
import aerostat.guest.mm.SysInfo;
import aerostat.guest.mm.Zone;
import aerostat.guest.virtio.VirtioBus;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Generation 2: the walk of the v28 letter. */
class WalkV28Test {
  private static final String VARIANT = HintRig.variant("walk-v28");

  /** All entries of the walk, and what it returned. */
  private static final List<long[]> SEEN = new ArrayList<>();

  private static int see(long pfn, long count, long data) {
    SEEN.add(new long[] {pfn, count});
    assertThat(Zone.normal().lock().isLocked()).as("WALK-01: under the lock").isTrue();
    return SEEN.size() == data ? 7 : 0;
  }

  private static long pages(ModelBalloon model) {
    return model.hintedBytes / Page.PAGE_SIZE;
  }

  @Test
  void walk01_largestBlocksFirstAndEachFreePageOnce() {
    ModelBalloon model = new ModelBalloon(hintFeatures());
    BalloonFixture.run(
        model,
        VARIANT,
        () -> {
          SEEN.clear();
          assertThat(FreeBlocks.walk(0, WalkV28Test::see, 0)).as("WALK-02").isZero();
          for (int i = 1; i < SEEN.size(); i++) {
            assertThat(SEEN.get(i)[1]).isLessThanOrEqualTo(SEEN.get(i - 1)[1]);
          }
          long sum = SEEN.stream().mapToLong(e -> e[1]).sum();
          assertThat(sum).as("WALK-03: they stay free").isEqualTo(SysInfo.freeRam());
          long large = SEEN.stream().filter(e -> e[1] >= 8).count();
          SEEN.clear();
          assertThat(FreeBlocks.walk(3, WalkV28Test::see, 0)).isZero();
          assertThat(SEEN).as("min_order").hasSize((int) large);
        });
  }

  @Test
  void walk02_aValueOtherThanZeroEndsItAtOnceAndIsHandedOn() {
    ModelBalloon model = new ModelBalloon(hintFeatures());
    BalloonFixture.run(
        model,
        VARIANT,
        () -> {
          SEEN.clear();
          assertThat(FreeBlocks.walk(0, WalkV28Test::see, 3)).isEqualTo(7);
          assertThat(SEEN).hasSize(3);
          assertThat(Zone.normal().lock().isLocked()).isFalse();
        });
  }

  /** WALK-04, WALK-03: nothing is allocated. */
  @Test
  void walk04_startBlocksStop() {
    ModelBalloon model = new ModelBalloon(hintFeatures());
    BalloonFixture.run(
        model,
        VARIANT,
        () -> {
          long free = FreeMemory.pages();
          model.request(ID);
          settle();
          assertThat(sequence(model)).containsExactly(START, BLOCK, STOP);
          assertThat(FreeMemory.pages()).isGreaterThan(free - 16);
          assertThat(pages(model)).isGreaterThan(free * 9 / 10).isLessThanOrEqualTo(free);
        });
  }

  /** WALK-05: a block without room is passed over in silence, and an id always has room. */
  @Test
  void walk05_oneEntryIsKeptForTheId() {
    ModelBalloon model = new ModelBalloon(hintFeatures(), 8);
    BalloonFixture.run(
        model,
        VARIANT,
        () -> {
          model.stalled = true;
          model.request(ID);
          Sched.msleep(5);
          assertThat(hinting().queue().free()).isZero();
          model.stalled = false;
          model.serveHints();
          settle();
          // The ids lie in one buffer, of which more in walk09.
          assertThat(model.events.stream().filter(BLOCK::equals)).hasSize(6);
          assertThat(hinting().queue().free()).as("WALK-07").isEqualTo(8);
        });
  }

  /** Notifications of the hint queue between start and stop. */
  @ParameterizedTest
  @CsvSource({"none, 0, 0", "v22, 1, 1", "v24, 2, 40"})
  void walk06_kicks(String policy, int least, int most) {
    ModelBalloon model = new ModelBalloon(hintFeatures(), 16);
    BalloonFixture.run(
        model,
        VARIANT + " virtio_balloon.kick=" + policy,
        () -> {
          List<Integer> kicks = new ArrayList<>();
          model.stalled = true;
          var serve = model.device.onNotify;
          model.device.onNotify =
              queue -> {
                if (queue == 3) {
                  kicks.add(hinting().queue().free());
                }
                serve.accept(queue);
              };
          model.request(ID);
          Sched.msleep(5);
          // The first is the start id's, the last the stop id's.
          assertThat(kicks.size() - 2).isBetween(least, most);
          if (policy.equals("v22")) {
            assertThat(kicks.get(1)).isEqualTo(8);
          }
          model.stalled = false;
          model.serveHints();
          settle();
        });
  }

  @Test
  void walk06_anUnknownPolicyIsSaid() {
    ModelBalloon model = new ModelBalloon(hintFeatures());
    String console = BalloonFixture.run(model, VARIANT + " virtio_balloon.kick=hard", () -> {});
    assertThat(console).contains("`hard' invalid for parameter `virtio_balloon.kick'");
  }

  @Test
  void walk07_afterStopItWaitsForEveryEntryAndRemovalEndsTheWait() {
    ModelBalloon model = new ModelBalloon(hintFeatures());
    BalloonFixture.run(
        model,
        VARIANT,
        () -> {
          model.stalled = true;
          model.request(ID);
          settle();
          model.request(ID + 1);
          settle();
          model.serveHints();
          assertThat(model.events).as("the work is still at the first").doesNotContain(NEXT);
          model.stalled = true;
          VirtioBus.unbind(VirtioBus.first());
          assertThat(VirtioBus.first().driver()).isNull();
        });
  }

  /** The merged driver remembers the id (HINT-03). */
  @Test
  void walk08_theSameIdAgainBeginsAnotherRound() {
    ModelBalloon model = new ModelBalloon(hintFeatures());
    BalloonFixture.run(
        model,
        VARIANT,
        () -> {
          model.request(ID);
          settle();
          model.request(ID);
          settle();
          assertThat(model.events.stream().filter(START::equals)).hasSize(2);
        });
  }

  @Test
  void walk09_aSlowDeviceReadsStopInPlaceOfTheStart() {
    ModelBalloon model = new ModelBalloon(hintFeatures());
    BalloonFixture.run(
        model,
        VARIANT,
        () -> {
          model.stalled = true;
          model.request(ID);
          settle();
          model.stalled = false;
          model.serveHints();
          assertThat(sequence(model)).containsExactly(STOP, BLOCK, STOP);
          assertThat(model.hinted).as("all for nothing").isEmpty();
        });
  }

  @Test
  void walk10_aRingOfOneFailsTheProbe() {
    ModelBalloon model = new ModelBalloon(hintFeatures(), 1);
    String console = BalloonFixture.run(model, VARIANT, () -> {});
    assertThat(console).contains("failed with error -28");
  }

  /** WALK-11: as the merged one; reporting is not known. */
  @Test
  void walk11_poison() {
    ModelBalloon model = new ModelBalloon(hintFeatures() | BalloonFixture.features(4, 5));
    BalloonFixture.run(
        model,
        VARIANT + " page_poison=1",
        () -> {
          assertThat(model.device.accepted & BalloonFixture.features(4, 5))
              .isEqualTo(BalloonFixture.features(4));
          assertThat(model.device.config32(12)).isEqualTo(0xaaaa_aaaa);
        });
  }

  /** The letter: "the optimization of the 1st round memory transfer". */
  @Test
  void hintsInTheFirstRoundOnlyUntilDone() {
    ModelBalloon model = new ModelBalloon(hintFeatures());
    BalloonFixture.run(
        model,
        VARIANT + " virtio_balloon.hints=first",
        () -> {
          model.request(ID);
          settle();
          model.request(ID + 1);
          settle();
          assertThat(sequence(model)).containsExactly(START, BLOCK, STOP, NEXT, STOP);
          model.done();
          settle();
          model.events.clear();
          model.request(ID + 2);
          settle();
          assertThat(sequence(model)).hasSize(3).contains(BLOCK);
        });
  }

  @Test
  void aBrokenQueueEndsTheWalk() {
    ModelBalloon model = new ModelBalloon(hintFeatures());
    String console =
        BalloonFixture.run(
            model,
            VARIANT,
            () -> {
              model.device.onNotify = queue -> model.device.push(queue, 999, 0);
              model.request(ID);
              settle();
              assertThat(hinting().queue().isBroken()).isTrue();
            });
    assertThat(console).contains("Failed to send a free page, err = -5");
  }
}
