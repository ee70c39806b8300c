package aerostat.guest.balloon;

import static aerostat.guest.balloon.BalloonFixture.settle;
import static aerostat.guest.balloon.HintRig.ID;
import static aerostat.guest.balloon.HintRig.heldBlocks;
import static aerostat.guest.balloon.HintRig.hinting;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import aerostat.guest.machine.Memory;
import aerostat.guest.mm.FreeMemory;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.PageAlloc;
import aerostat.guest.mm.Zone;
import aerostat.guest.virtio.VirtioBus;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Held blocks in a shortage of memory, and after it. */
class HintShrinkerTest {
  private static final long HINT = HintRig.hintFeatures();

  /** A work queue may have made another worker meanwhile. */
  private static final long WORKER_PAGES = 8;

  /** Hints are in the ring, and the device does not look at them. */
  private static void whileHintsWait(Consumer<ModelBalloon> then) {
    ModelBalloon model = new ModelBalloon(HINT, 8);
    BalloonFixture.run(
        model,
        () -> {
          model.stalled = true;
          model.request(ID);
          settle();
          then.accept(model);
        });
  }

  /** EDGE-43. */
  @Test
  void hint12_shrinkerCountsAndFreesGuestPagesInBlocks() {
    ModelBalloon model = new ModelBalloon(HINT);
    BalloonFixture.run(
        model,
        () -> {
          model.request(ID);
          settle();
          HeldBlocks ops = new HeldBlocks();
          long blocks = heldBlocks();
          assertThat(ops.countObjects(hinting().shrinker())).isEqualTo(blocks * 1024);
          assertThat(ops.scanObjects(hinting().shrinker(), 1)).isEqualTo(1024);
          assertThat(ops.scanObjects(hinting().shrinker(), 1025)).isEqualTo(2048);
          assertThat(heldBlocks()).isEqualTo(blocks - 3);
        });
  }

  /** The host may have made anything of it: zeros, or what the device scribbles here. */
  @Test
  void hint13_aBlockReleasedBeforeDoneIsInitialisedByWhoeverGetsIt() {
    ModelBalloon model = new ModelBalloon(HINT);
    BalloonFixture.run(
        model,
        () -> {
          model.request(ID);
          settle();
          for (long block : model.hinted) {
            Memory.fill(block, HeldBlocks.BLOCK_BYTES, 0x5c);
          }
          HeldBlocks ops = new HeldBlocks();
          assertThat(ops.countObjects(hinting().shrinker())).isPositive();
          assertThat(ops.scanObjects(hinting().shrinker(), 1)).isEqualTo(1024);
          long again =
              PageAlloc.getFreePages(Gfp.GFP_KERNEL | Gfp.__GFP_ZERO, HeldBlocks.BLOCK_ORDER);
          assertThat(model.hinted).contains(again);
          for (long at = again; at < again + HeldBlocks.BLOCK_BYTES; at += 8) {
            assertThat(Memory.load64(at)).isZero();
          }
        });
  }

  /** EDGE-28. */
  @Test
  void mig24_shrinkerReleasesNoBlockThatTheDeviceHasNotUsed() {
    whileHintsWait(
        model -> {
          HeldBlocks ops = new HeldBlocks();
          long held = heldBlocks();
          assertThat(held).isBetween(5L, 7L);
          assertThat(ops.countObjects(hinting().shrinker())).isZero();
          assertThat(ops.scanObjects(hinting().shrinker(), 1 << 20)).isZero();
          assertThat(heldBlocks()).isEqualTo(held);
          model.stop();
          settle();
          model.serveHints();
          assertThat(ops.countObjects(hinting().shrinker())).isEqualTo(held * 1024);
          assertThat(ops.scanObjects(hinting().shrinker(), 1 << 20)).isEqualTo(held * 1024);
        });
  }

  /** Or else its memory would be lost, as a liar's findings showed. */
  @Test
  void edge28_blocksOfABrokenDeviceGoBackUnderMemoryPressure() {
    whileHintsWait(
        model -> {
          long held = heldBlocks();
          VirtioBus.breakDevice(hinting().queue().device());
          HeldBlocks ops = new HeldBlocks();
          assertThat(ops.countObjects(hinting().shrinker())).isEqualTo(held * 1024);
          assertThat(ops.scanObjects(hinting().shrinker(), 1 << 20)).isEqualTo(held * 1024);
          assertThat(heldBlocks()).isZero();
        });
  }

  @Test
  void aBlockReleasedBeforeItWasUsedIsForgotten() {
    whileHintsWait(
        model -> {
          model.done();
          settle();
          assertThat(heldBlocks()).isZero();
          // Somebody else has the memory now, links and all.
          for (int i = 0; i < 25; i++) {
            long block = PageAlloc.getFreePages(Gfp.GFP_KERNEL, Zone.MAX_PAGE_ORDER);
            assertThat(block).isNotZero();
          }
          model.serveHints();
          model.stalled = false;
          long free = FreeMemory.pages();
          model.request(ID + 1);
          settle();
          model.done();
          settle();
          assertThat(heldBlocks()).isZero();
          assertThat(FreeMemory.pages()).isCloseTo(free, within(WORKER_PAGES));
        });
  }

  @Test
  void memoryPressureGetsHintedBlocksBack() {
    ModelBalloon model = new ModelBalloon(HINT);
    BalloonFixture.run(
        model,
        () -> {
          model.request(ID);
          settle();
          long held = heldBlocks();
          for (int i = 0; i < 15_000; i++) {
            assertThat(PageAlloc.allocPage(Gfp.GFP_KERNEL)).isNotNull();
          }
          assertThat(heldBlocks()).isLessThan(held);
        });
  }
}
