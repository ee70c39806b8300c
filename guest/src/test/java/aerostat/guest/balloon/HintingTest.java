package aerostat.guest.balloon;

import static aerostat.guest.balloon.BalloonFixture.features;
import static aerostat.guest.balloon.BalloonFixture.settle;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import aerostat.guest.kernel.Sched;
import aerostat.guest.machine.Memory;
import aerostat.guest.mm.FreeMemory;
import aerostat.guest.mm.Zone;
import aerostat.guest.virtio.VirtioBus;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Free page hinting as merged, repaired: HINT rules. What becomes of held blocks in a shortage
 * (HINT-12, HINT-13, EDGE-28, EDGE-43) is {@link HintShrinkerTest}'s.
 */
class HintingTest {
  private static final long HINT = features(BalloonIds.F_STATS_VQ, BalloonIds.F_FREE_PAGE_HINT);
  private static final int ID = 0x80000001;

  /** A work queue may have made another worker meanwhile. */
  private static final long WORKER_PAGES = 8;

  private static Hinting hinting() {
    return BalloonFixture.balloon().hinting();
  }

  private static long heldBlocks() {
    return hinting().numUnused() + hinting().numUsed();
  }

  private static List<String> hints(ModelBalloon model) {
    return model.events.stream()
        .filter(e -> e.startsWith("id") || e.startsWith("block"))
        .distinct()
        .toList();
  }

  private static long count(ModelBalloon model, String event) {
    return model.events.stream().filter(event::equals).count();
  }

  /** HFIX-14: blocks are of order 10. */
  @Test
  void hint04_startBlocksStop() {
    ModelBalloon model = new ModelBalloon(HINT);
    BalloonFixture.run(
        model,
        () -> {
          long free = FreeMemory.pages();
          model.request(ID);
          settle();
          assertThat(hints(model)).as("HINT-08").containsExactly("id 2147483649", "block", "id 0");
          assertThat(count(model, "id 2147483649")).as("HINT-15").isEqualTo(1);
          assertThat(model.state).isEqualTo(ModelBalloon.Hint.STOP);
          assertThat(model.hinted).hasSizeGreaterThan(20).doesNotHaveDuplicates();
          assertThat(model.hinted).allMatch(a -> a % HeldBlocks.BLOCK_BYTES == 0);
          assertThat(heldBlocks()).isEqualTo(model.hinted.size());
          assertThat(FreeMemory.pages())
              .isCloseTo(free - 1024L * model.hinted.size(), within(WORKER_PAGES));
          assertThat(FreeMemory.pages())
              .as("MM-09: the reserve stays")
              .isGreaterThan(Zone.normal().watermark(Zone.WMARK_MIN));
          model.done();
          settle();
          assertThat(heldBlocks()).isZero();
          assertThat(FreeMemory.pages()).isCloseTo(free, within(WORKER_PAGES));
        });
  }

  @Test
  void hint09_stopKeepsTheBlocksAndANewIdAddsToThem() {
    ModelBalloon model = new ModelBalloon(HINT);
    BalloonFixture.run(
        model,
        () -> {
          model.onHint =
              () -> {
                if (model.hinted.size() == 5) {
                  model.stop();
                }
              };
          model.request(ID);
          settle();
          long first = heldBlocks();
          assertThat(first).as("HINT-05: within one block").isBetween(5L, 6L);
          model.request(ID + 1);
          settle();
          assertThat(heldBlocks()).isGreaterThan(first);
          assertThat(new HashSet<>(model.hinted)).hasSameSizeAs(model.hinted);
          model.done();
          settle();
          assertThat(heldBlocks()).isZero();
        });
  }

  /** EDGE-17. */
  @Test
  void hint03_anIdIsStartedOnce() {
    ModelBalloon model = new ModelBalloon(HINT);
    BalloonFixture.run(
        model,
        () -> {
          model.request(ID);
          settle();
          model.device.setConfig32(8, ID);
          model.device.configChanged();
          settle();
          model.device.configChanged();
          settle();
          assertThat(count(model, "id 2147483649")).isEqualTo(1);
        });
  }

  /** HINT-01: nothing is active after probe. */
  @Test
  void hint17_stopAndDoneAreNeverSentAsAStart() {
    ModelBalloon model = new ModelBalloon(HINT);
    BalloonFixture.run(
        model,
        () -> {
          for (int shown : new int[] {0, 1, 0, 1}) {
            model.device.setConfig32(8, shown);
            model.device.configChanged();
            settle();
          }
          assertThat(hints(model)).isEmpty();
          // STOP arrives while the start id is on its way.
          model.stalled = true;
          model.request(ID);
          model.stop();
          settle();
          assertThat(heldBlocks()).as("EDGE-30: no runaway").isLessThanOrEqualTo(1);
        });
  }

  @Test
  void uapi18_anyIdFromTwoUpIsACommand() {
    for (int id : new int[] {2, 0x7fff_ffff, 0x8000_0000, -1}) {
      ModelBalloon model = new ModelBalloon(HINT);
      BalloonFixture.run(
          model,
          () -> {
            model.request(id);
            settle();
            assertThat(hints(model)).startsWith("id " + Integer.toUnsignedString(id));
          });
    }
  }

  @Test
  void edge20_bothIdsArriveWhenTheDeviceIsSlow() {
    ModelBalloon model = new ModelBalloon(HINT);
    BalloonFixture.run(
        model,
        () -> {
          model.stalled = true;
          model.request(ID);
          settle();
          model.serveHints();
          assertThat(hints(model)).containsExactly("id 2147483649", "block", "id 0");
          assertThat(model.ignored).isEmpty();
        });
  }

  @Test
  void walk09_everyStartIdArrivesAsItWasSent() {
    ModelBalloon model = new ModelBalloon(HINT);
    BalloonFixture.run(
        model,
        () -> {
          model.stalled = true;
          model.request(ID);
          settle();
          // EDGE-18: a newer command while the device has not read the start of the last.
          model.request(ID + 1);
          settle();
          model.serveHints();
          model.stalled = false;
          settle();
          assertThat(model.events.stream().filter(e -> e.startsWith("id")))
              .containsExactly("id 2147483649", "id 0", "id 2147483650", "id 0");
          assertThat(model.ignored).as("HINT-14: of a stale id").isNotEmpty();
        });
  }

  @Test
  void uapi10_theHintQueueAsksForNoInterrupts() {
    ModelBalloon model = new ModelBalloon(HINT);
    BalloonFixture.run(
        model,
        () -> {
          for (int queue = 0; queue < 4; queue++) {
            assertThat(Memory.load16(model.device.availRing(queue)))
                .as("HINT-16: flags of queue %d", queue)
                .isEqualTo(queue == 3 ? 1 : 0);
          }
        });
  }

  @Test
  void edge24_removalDoesNotWaitForADeviceThatReadsNothing() {
    ModelBalloon model = new ModelBalloon(HINT, 2);
    BalloonFixture.run(
        model,
        () -> {
          long free = FreeMemory.pages();
          model.stalled = true;
          model.request(ID);
          settle();
          model.request(ID + 1);
          settle();
          VirtioBus.unbind(VirtioBus.first());
          assertThat(FreeMemory.pages()).as("blocks and rings are back").isGreaterThan(free);
        });
  }

  @Test
  void edge29_aNewTargetEndsTheRoundEarlyAndLosesNothing() {
    ModelBalloon model = new ModelBalloon(HINT);
    BalloonFixture.run(
        model,
        () -> {
          model.onHint =
              () -> {
                if (model.hinted.size() == 5) {
                  model.setTarget(3);
                }
              };
          model.request(ID);
          settle();
          assertThat(heldBlocks()).as("HINT-18: the field reads STOP in START").isBetween(5L, 6L);
          assertThat(model.state).isEqualTo(ModelBalloon.Hint.STOP);
          assertThat(model.actual()).isEqualTo(3);
          model.done();
          settle();
          assertThat(heldBlocks()).isZero();
        });
  }

  /** HINT-06. */
  @Test
  void edge21_aRingOfTwoAlwaysHasRoomForAnId() {
    ModelBalloon model = new ModelBalloon(HINT, 2);
    BalloonFixture.run(
        model,
        () -> {
          long free = FreeMemory.pages();
          model.stalled = true;
          model.request(ID);
          Sched.msleep(50);
          assertThat(count(model, "block")).isZero();
          assertThat(heldBlocks()).as("EDGE-56: nothing piles up").isLessThanOrEqualTo(1);
          model.stop();
          settle();
          model.serveHints();
          model.stalled = false;
          assertThat(model.events).contains("id 2147483649", "id 0");
          model.done();
          settle();
          assertThat(heldBlocks()).isZero();
          assertThat(FreeMemory.pages()).isCloseTo(free, within(WORKER_PAGES));
        });
  }

  /** UAPI-09, HFIX-08. */
  @Test
  void edge22_aRingOfOneFailsTheProbe() {
    ModelBalloon model = new ModelBalloon(HINT, 1);
    String console = BalloonFixture.run(model, () -> {});
    assertThat(console).contains("probe with driver virtio_balloon failed with error -28");
    assertThat(model.device.isReady(0)).isFalse();
    assertThat(model.device.status & 128).isEqualTo(128);
  }

  @Test
  void anUnknownVariantIsRefused() {
    ModelBalloon model = new ModelBalloon(HINT);
    String console = BalloonFixture.run(model, "virtio_balloon.variant=psychic", () -> {});
    assertThat(console)
        .contains("`psychic' invalid for parameter `virtio_balloon.variant'")
        .contains("failed with error -22");
  }

  @Test
  void uapi05_withoutStatisticsHintsAreOnQueueTwo() {
    ModelBalloon model = new ModelBalloon(features(BalloonIds.F_FREE_PAGE_HINT));
    BalloonFixture.run(
        model,
        () -> {
          model.request(ID);
          settle();
          assertThat(model.hinted).isNotEmpty();
        });
  }

  @Test
  void aBrokenHintQueueEndsTheRound() {
    ModelBalloon model = new ModelBalloon(HINT);
    BalloonFixture.run(
        model,
        () -> {
          model.stalled = true;
          model.device.onNotify =
              queue -> {
                if (queue == 3) {
                  model.device.push(3, 999, 0);
                }
              };
          model.request(ID);
          settle();
          assertThat(hinting().queue().isBroken()).isTrue();
          assertThat(heldBlocks()).isLessThanOrEqualTo(1);
          model.done();
          settle();
          assertThat(heldBlocks()).isZero();
        });
  }

  /** HINT-05, HINT-06: as one by one, and none is lost when the round ends early. */
  @Test
  void batchesOfBlocksFromOneCall() {
    for (int batch : new int[] {1, 2, 7, 64, 10_000}) {
      ModelBalloon model = new ModelBalloon(HINT);
      BalloonFixture.run(
          model,
          "virtio_balloon.batch=" + batch,
          () -> {
            long free = FreeMemory.pages();
            model.onHint =
                () -> {
                  if (model.hinted.size() == 5) {
                    model.stop();
                  }
                };
            model.request(ID);
            settle();
            assertThat(heldBlocks()).isBetween(5L, 6L);
            model.onHint = () -> {};
            model.request(ID + 1);
            settle();
            assertThat(heldBlocks()).isGreaterThan(20);
            assertThat(model.hinted).doesNotHaveDuplicates();
            model.done();
            settle();
            assertThat(heldBlocks()).isZero();
            assertThat(FreeMemory.pages()).isCloseTo(free, within(WORKER_PAGES));
          });
    }
  }
}
