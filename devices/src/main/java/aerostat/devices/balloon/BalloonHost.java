package aerostat.devices.balloon;

import java.util.Map;
import java.util.function.LongConsumer;

/** The host's side of the balloon. All calls need the machine lock. */
public interface BalloonHost {
  /**
   * Asks the guest to shrink or grow to {@code bytes} of memory in use (QMP {@code balloon});
   * clamped to RAM; 0 and less are ignored (DEV-09), and all while {@link #ballooningRefused}.
   */
  void setTarget(long bytes);

  /** Whether the driver has agreed to take no part in ballooning: targets have no effect then. */
  default boolean ballooningRefused() {
    return false;
  }

  /** RAM minus what the guest says is in the balloon, clamped to [0, RAM] (DEV-10). */
  long actualBytes();

  /** Whether a driver has reached DRIVER_OK and the device is not broken. */
  boolean driverReady();

  /** QEMU key ("stat-free-memory", …) to value, -1 where not reported; unsigned 64-bit. */
  Map<String, Long> stats();

  /** Wall-clock seconds of the last stats update, 0 for never. */
  long statsLastUpdate();

  /**
   * Seconds; 0 switches polling off. Part of the state: polling goes on after a move.
   *
   * @throws IllegalArgumentException for a negative interval
   */
  void setStatsPollingInterval(int seconds);

  int statsPollingInterval();

  /** Called after {@code actual} changed (event BALLOON_CHANGE), with the new actual in bytes. */
  void onActualChanged(LongConsumer listener);

  /** Whether FREE_PAGE_HINT or GET_FREE_PAGES was negotiated and the driver is ready. */
  boolean hintingPossible();

  /**
   * New command id, REQUESTED; hints go to {@code sink} until stop, done or reset (F.3). With
   * GET_FREE_PAGES: a request goes out, unless this sink's was answered or is out. Without effect
   * unless {@link #hintingPossible}.
   */
  void hintStart(FreePageHintSink sink);

  /** After it returns no hint reaches the sink (DEV-16). */
  void hintStop();

  /**
   * Whether the guest has ended the round that {@link #hintStart} began: it has no more to hint.
   * False if that cannot be known.
   */
  default boolean hintRoundOver() {
    return false;
  }

  /**
   * Whether hints come as the answer to one request, which says "free at some time between request
   * and answer" (GET_FREE_PAGES), and not under an id that ends with each sync.
   */
  default boolean answersRequests() {
    return false;
  }

  /**
   * What a guest that answers with a bitmap is to drop before it looks for free pages: bit 0 page
   * cache, bit 1 slab. From the next request on; without effect on other guests.
   *
   * @throws IllegalArgumentException for other bits
   */
  default void dropCachesFirst(int bits) {}

  /**
   * What the guest fills its freed pages with, in each four bytes of them; 0 where PAGE_POISON was
   * not agreed (POISON-12).
   */
  default int poison() {
    return 0;
  }

  /** The guest may take hinted pages back. Idempotent. */
  void hintDone();
}
