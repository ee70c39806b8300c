package aerostat.guest.balloon;

import static aerostat.guest.balloon.BalloonFixture.features;
import static aerostat.guest.balloon.BalloonFixture.settle;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.kernel.Sched;
import aerostat.guest.machine.Cpu;
import aerostat.guest.mm.FreeMemory;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Page;
import aerostat.guest.mm.PageAlloc;
import aerostat.guest.mm.SysInfo;
import aerostat.guest.mm.VmStat;
import aerostat.guest.mm.Zone;
import aerostat.guest.plain.PlainMachine;
import aerostat.guest.virtio.VirtioBus;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Generation 1: GET_FREE_PAGES, as posted and as its reviewers wanted it. */
class Bitmap2016Test {
  private static final String VARIANT = HintRig.variant("bitmap-2016");
  private static final long PLAIN = features(BalloonIds.F_STATS_VQ, BitmapModel.GET_FREE_PAGES);
  private static final long KEEP_LOCK = PLAIN | features(BitmapModel.REQUEST_ID);
  private static final long DROP_LOCK = KEEP_LOCK | features(BitmapModel.DROP_LOCK);

  private static String run(BitmapModel model, Runnable body) {
    return BalloonFixture.run(model.balloon, VARIANT, body);
  }

  private static long maxPfn() {
    return Page.BASE_PFN + BalloonFixture.RAM / Page.PAGE_SIZE;
  }

  /** BITMAP-02: the request buffer is there after probe, and the device is told after DRIVER_OK. */
  @Test
  void bitmap02_theRequestBufferIsPosted() {
    BitmapModel model = new BitmapModel(PLAIN, 3);
    run(
        model,
        () -> {
          assertThat(model.hasRequest()).isTrue();
          assertThat(model.requestBytes).isEqualTo(8);
        });
  }

  @Test
  void bitmap05_bitsAreThePagesThatWereFree() {
    BitmapModel model = new BitmapModel(PLAIN, 3);
    run(
        model,
        () -> {
          long used = PageAlloc.getFreePages(Gfp.GFP_KERNEL, 5);
          long[] free = new long[1];
          model.onReply = () -> free[0] = SysInfo.freeRam();
          model.ask(0, 8);
          settle();
          BitmapModel.Reply reply = model.replies.getFirst();
          assertThat(reply.pieces()).isEqualTo(2);
          assertThat(reply.length())
              .as("BITMAP-04: all page frames from 0 on, in longs")
              .isEqualTo((maxPfn() + 63) / 64 * 8);
          assertThat((long) reply.count()).isEqualTo(free[0]);
          for (int i = 0; i < 32; i++) {
            assertThat(reply.isSet((used >> Page.PAGE_SHIFT) + i)).isFalse();
          }
          assertThat(reply.isSet(Page.BASE_PFN)).as("the image").isFalse();
          assertThat(reply.isSet(maxPfn() - 1)).isTrue();
        });
  }

  /** BITMAP-06: the reply, the request buffer again, and one kick for both. */
  @Test
  void bitmap06_eachReplyPostsTheRequestBufferAgain() {
    BitmapModel model = new BitmapModel(PLAIN, 3);
    run(
        model,
        () -> {
          for (int i = 1; i <= 5; i++) {
            long kicks = model.balloon.device.log.stream().filter("50=3"::equals).count();
            model.ask(0, 8);
            settle();
            assertThat(model.replies).hasSize(i);
            assertThat(model.hasRequest()).isTrue();
            assertThat(model.balloon.device.log.stream().filter("50=3"::equals).count())
                .isEqualTo(kicks + 1);
          }
        });
  }

  @Test
  void bitmap03_aRequestOfAnotherLengthEndsTheChannel() {
    for (int length : new int[] {0, 4, 9, -1}) {
      BitmapModel model = new BitmapModel(PLAIN, 3);
      run(
          model,
          () -> {
            model.ask(0, length);
            settle();
            assertThat(model.replies).isEmpty();
            assertThat(model.hasRequest()).isFalse();
          });
    }
  }

  /** Two completions in one interrupt: only the first is taken. */
  @Test
  void bitmap03_aRequestThatComesWithTheReplysCompletionIsLost() {
    for (long offered : new long[] {PLAIN, DROP_LOCK}) {
      BitmapModel model = new BitmapModel(offered, 3);
      boolean posted = offered == PLAIN;
      run(
          model,
          () -> {
            model.keepReplies = true;
            model.ask(0, posted ? 8 : 32);
            settle();
            assertThat(model.replies).hasSize(1);
            int flags = Cpu.irqSave();
            model.balloon.device.push(3, model.lastReplyHead, 0);
            if (posted) {
              model.take();
              model.ask(0, 8);
            }
            Cpu.irqRestore(flags);
            settle();
            assertThat(model.replies).hasSize(1);
            assertThat(model.hasRequest()).as("still alive").isEqualTo(!posted);
          });
    }
  }

  /** BITMAP-01: slot 3 with all before it, although the device has no statistics. */
  @Test
  void bitmap01_fourQueuesWithoutStatistics() {
    BitmapModel model = new BitmapModel(features(BitmapModel.GET_FREE_PAGES), 2);
    String console = run(model, () -> assertThat(VirtioBus.first().driver()).isNull());
    assertThat(console).contains("failed with error -2");
  }

  @Test
  void bitmap05_cachesAreDroppedFirst() {
    BitmapModel model = new BitmapModel(PLAIN, 3);
    run(
        model,
        () -> {
          for (int bits = 0; bits <= 3; bits++) {
            long pagecache = VmStat.event(VmStat.DROP_PAGECACHE);
            long slab = VmStat.event(VmStat.DROP_SLAB);
            model.ask(bits, 8);
            settle();
            assertThat(VmStat.event(VmStat.DROP_PAGECACHE) - pagecache).isEqualTo(bits & 1);
            assertThat(VmStat.event(VmStat.DROP_SLAB) - slab).isEqualTo(bits >> 1);
          }
        });
  }

  /** BITMAP-07: not in the interrupt, since it sleeps. */
  @Test
  void bitmap07_theWorkIsDoneInAThread() {
    BitmapModel model = new BitmapModel(PLAIN, 3);
    run(
        model,
        () -> {
          int flags = Cpu.irqSave();
          model.ask(3, 8);
          Cpu.irqRestore(flags);
          PlainMachine.safepoint();
          assertThat(model.replies).as("the interrupt has only queued it").isEmpty();
          settle();
          assertThat(model.replies).hasSize(1);
        });
  }

  /** As posted the lock is let go before the reply: what it says may be over. */
  @Test
  void asPostedThePagesMayBeInUseWhenTheHostLooks() {
    BitmapModel model = new BitmapModel(PLAIN, 3);
    run(
        model,
        () -> {
          model.onReply = () -> assertThat(Zone.normal().lock().isLocked()).isFalse();
          model.ask(0, 8);
          settle();
          // Not of the CPU's own list, which no walk sees (MM-07).
          Page page = PageAlloc.allocPages(Gfp.GFP_KERNEL, 5);
          assertThat(model.replies.getFirst().isSet(page.pfn())).as("free in the past").isTrue();
        });
  }

  /** M. Tsirkin: keep the lock until the host has the list; then it may discard. */
  @Test
  void theLockIsKeptUntilTheDeviceHasUsedTheReply() {
    BitmapModel model = new BitmapModel(KEEP_LOCK, 3);
    run(
        model,
        () -> {
          List<Boolean> locked = new ArrayList<>();
          model.onReply = () -> locked.add(Zone.normal().lock().isLocked());
          model.ask(0, 77, 0);
          settle();
          assertThat(locked).containsExactly(true);
          assertThat(Zone.normal().lock().isLocked()).isFalse();
          assertThat(model.replies.getFirst().id()).isEqualTo(77);
          assertThat(model.replies.getFirst().last()).isTrue();
          assertThat(model.hasRequest()).isTrue();
        });
  }

  /** "Do not send all memory in one bitmap", and the feature bit that permits to drop the lock. */
  @Test
  void chunksWithTheRequestsId() {
    BitmapModel model = new BitmapModel(DROP_LOCK, 3);
    run(
        model,
        () -> {
          long[] free = new long[1];
          model.onReply =
              () -> {
                free[0] = SysInfo.freeRam();
                assertThat(Zone.normal().lock().isLocked()).isFalse();
              };
          model.ask(0, 5, 4096 + 7);
          settle();
          int replies = model.replies.size();
          assertThat(replies).isEqualTo((int) ((maxPfn() / 8 + 4095) / 4096));
          long next = 0;
          int found = 0;
          for (BitmapModel.Reply reply : model.replies) {
            assertThat(reply.first()).isEqualTo(next);
            assertThat(reply.id()).isEqualTo(5);
            assertThat(reply.length()).as("a multiple of 8").isLessThanOrEqualTo(4096);
            next += reply.length() * 8;
            found += reply.count();
          }
          assertThat(next).isGreaterThanOrEqualTo(maxPfn());
          assertThat((long) found).isEqualTo(free[0]);
          assertThat(model.replies.stream().filter(BitmapModel.Reply::last)).hasSize(1);
          assertThat(model.replies.getLast().last()).isTrue();
        });
  }

  /** A hostile device: neither tiny nor huge nor negative pieces do harm. */
  @Test
  void oddPieceSizes() {
    for (long chunk : new long[] {1, 7, 8, -8, Long.MAX_VALUE, Long.MIN_VALUE}) {
      BitmapModel model = new BitmapModel(DROP_LOCK, 3);
      run(
          model,
          () -> {
            model.ask(0, 1, chunk);
            Sched.msleep(chunk == 8 ? 2000 : 100);
            assertThat(model.replies).isNotEmpty();
            assertThat(model.replies.getLast().last()).isTrue();
          });
    }
  }

  /** A device that never answers holds the guest up for a second, no more. */
  @Test
  void aDeviceThatKeepsTheReplyDoesNotKeepTheLock() {
    BitmapModel model = new BitmapModel(KEEP_LOCK, 3);
    String console =
        run(
            model,
            () -> {
              model.keepReplies = true;
              model.ask(0, 1, 0);
              Sched.msleep(2000);
              assertThat(Zone.normal().lock().isLocked()).isFalse();
              VirtioBus.unbind(VirtioBus.first());
            });
    assertThat(console).contains("free_pages: lock let go after 1000 ms");
  }

  /** BITMAP-04: without memory a length of 0, and as posted a second piece all the same. */
  @Test
  void bitmap04_noMemoryForTheBitmap() {
    for (long offered : new long[] {PLAIN, DROP_LOCK}) {
      BitmapModel model = new BitmapModel(offered, 3);
      run(
          model,
          () -> {
            // No block of the bitmap's order is left; single pages are.
            long block = PageAlloc.getFreePages(Gfp.__GFP_NORETRY, 4);
            while (block != 0) {
              block = PageAlloc.getFreePages(Gfp.__GFP_NORETRY, 4);
            }
            if (offered == PLAIN) {
              model.ask(0, 8);
            } else {
              model.ask(0, 9, 0);
            }
            Sched.msleep(500);
            assertThat(model.replies).hasSize(1);
            assertThat(model.replies.getFirst().length()).isZero();
            assertThat(model.replies.getFirst().pieces()).isEqualTo(offered == PLAIN ? 2 : 1);
          });
    }
  }

  @Test
  void removalInTheMiddleGivesAllBack() {
    BitmapModel model = new BitmapModel(DROP_LOCK, 3);
    run(
        model,
        () -> {
          long free = FreeMemory.pages();
          model.ask(0, 1, 4096);
          settle();
          VirtioBus.unbind(VirtioBus.first());
          assertThat(FreeMemory.pages()).isGreaterThan(free);
          VirtioBus.bind(VirtioBus.first());
          assertThat(model.hasRequest()).isTrue();
        });
  }

  private static final long PAGES = PLAIN | features(BitmapModel.PAGE_BITMAP);

  /** M. Tsirkin: "(a) bitmap format for inflate/deflate". */
  @Test
  void inflateAndDeflateInTheFormOfBitmaps() {
    BitmapModel model = new BitmapModel(PAGES, 3);
    run(
        model,
        () -> {
          model.balloon.setTarget(600);
          settle();
          assertThat(model.balloon.actual()).isEqualTo(600);
          assertThat(model.allPages(0)).as("each page once").hasSize(600);
          assertThat(model.pages.get(0).stream().mapToInt(Set::size).sum()).isEqualTo(600);
          for (Set<Long> message : model.pages.get(0)) {
            assertThat(message).isNotEmpty();
          }
          assertThat(model.pages.get(0)).hasSizeLessThan(12);
          model.balloon.setTarget(0);
          settle();
          assertThat(model.balloon.actual()).isZero();
          assertThat(model.allPages(1)).isEqualTo(model.allPages(0));
        });
  }

  /** "(b) a third queue meaning inflate+deflate in one go". */
  @Test
  void freeBlocksGoInAndOutInOneGo() {
    BitmapModel model = new BitmapModel(PAGES | features(BitmapModel.INFLATE_DEFLATE), 3);
    String console =
        BalloonFixture.run(
            model.balloon,
            VARIANT + " virtio_balloon.in_one_go=2",
            () -> {
              long free = FreeMemory.pages();
              Sched.msleep(2500);
              int blocks = model.pages.get(4).size();
              assertThat(blocks).isGreaterThan(20);
              assertThat(model.pages.get(4)).allMatch(b -> b.size() == HeldBlocks.BLOCK_PAGES);
              assertThat(model.allPages(4)).hasSize(blocks * 1024);
              assertThat(FreeMemory.pages()).isGreaterThan(free - 16);
              Sched.msleep(2000);
              assertThat(model.pages.get(4)).as("again").hasSizeGreaterThan(blocks);
              VirtioBus.unbind(VirtioBus.first());
              assertThat(FreeMemory.pages()).isGreaterThan(free - 16);
            });
    assertThat(console).containsPattern("virtio_balloon virtio0: [0-9]+ blocks in one go");
  }

  @Test
  void aBrokenQueueEndsAMessageOfManyWindows() {
    BitmapModel model = new BitmapModel(PAGES, 3);
    run(
        model,
        () -> {
          model.balloon.device.onNotify = q -> model.balloon.device.push(q, 99, 0);
          model.balloon.setTarget(600);
          settle();
          assertThat(BalloonFixture.balloon().inflateQueue().isBroken()).isTrue();
          assertThat(BalloonFixture.balloon().lock().isLocked()).isFalse();
        });
  }
}
