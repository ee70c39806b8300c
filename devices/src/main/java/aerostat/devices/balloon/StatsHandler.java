package aerostat.devices.balloon;

import static aerostat.devices.balloon.BalloonLayout.STATS_CAME;
import static aerostat.devices.balloon.BalloonLayout.STATS_DEADLINE;
import static aerostat.devices.balloon.BalloonLayout.STATS_HELD;
import static aerostat.devices.balloon.BalloonLayout.STATS_INTERVAL;

import aerostat.devices.clock.DeviceClock;
import aerostat.mmio.trace.TraceLine;
import aerostat.mmio.virtio.DescriptorChain;
import aerostat.mmio.virtio.Virtio;
import aerostat.mmio.virtio.VirtioPort;
import aerostat.mmio.virtio.Virtqueue;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Statistics, device side (DEV-20 to DEV-25): the device holds one buffer; returning it is the
 * request for the next. The held buffer is part of the state, so it moves with the guest and needs
 * no rewind on resume.
 */
final class StatsHandler {
  private static final ValueLayout.OfShort TAG =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong VALUE =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private final BalloonState state;
  private final VirtioPort port;
  private final Supplier<@Nullable Virtqueue> ownQueue;
  private final DeviceClock clock;
  private final DeviceClock.Timer timer;
  private final MemorySegment buffer = Arena.ofAuto().allocate(BalloonLayout.MAX_STATS_BYTES, 8);

  StatsHandler(
      BalloonState state,
      VirtioPort port,
      Supplier<@Nullable Virtqueue> ownQueue,
      DeviceClock clock) {
    this.state = state;
    this.port = port;
    this.ownQueue = ownQueue;
    this.clock = clock;
    this.timer = clock.timer(this::poll);
  }

  boolean handle(Virtqueue queue) {
    DescriptorChain chain = queue.pop();
    if (chain == null) {
      return false;
    }
    if (isFirst() && legacy()) {
      state.forgetStats(); // STATS-03, BALLOON-LEG-08: old drivers leave it uninitialized
    } else {
      parse(chain);
      state.set64(BalloonLayout.STATS_LAST_UPDATE, clock.wallSeconds());
      state.count(BalloonCounter.STATS_UPDATES, 1);
    }
    state.set32(STATS_CAME, 1);
    int held = state.get32(STATS_HELD);
    if (held != 0) {
      state.count(BalloonCounter.STATS_BUFFERS_REFUSED, 1);
      queue.push(held - 1, 0); // a second buffer: the first goes back (DEV-22)
    }
    state.set32(STATS_HELD, chain.head() + 1);
    rearm();
    return true;
  }

  private boolean isFirst() {
    return state.get32(STATS_CAME) == 0;
  }

  private boolean legacy() {
    return (port.features() & Virtio.F_VERSION_1) == 0;
  }

  private void parse(DescriptorChain chain) {
    state.forgetStats();
    long bytes = chain.read(port.memory(), 0, buffer, BalloonLayout.MAX_STATS_BYTES);
    for (long at = 0; at + BalloonLayout.STAT_BYTES <= bytes; at += BalloonLayout.STAT_BYTES) {
      int tag = Short.toUnsignedInt(buffer.get(TAG, at));
      if (tag < BalloonLayout.STATS) {
        state.setStat(tag, buffer.get(VALUE, at + 2));
      } else {
        state.count(BalloonCounter.STATS_UNKNOWN, 1);
      }
    }
    if (port.trace().on()) {
      TraceLine.of(port.name(), "stats")
          .num("len", chain.readableBytes())
          .num("free", state.stat(StatTag.FREE_MEMORY.ordinal()))
          .num("total", state.stat(StatTag.TOTAL_MEMORY.ordinal()))
          .num("available", state.stat(StatTag.AVAILABLE_MEMORY.ordinal()))
          .to(port.trace());
    }
  }

  int interval() {
    return state.get32(STATS_INTERVAL);
  }

  /**
   * @throws IllegalArgumentException for a negative interval
   */
  void setInterval(int seconds) {
    if (seconds < 0) {
      throw new IllegalArgumentException("polling interval must not be negative: " + seconds);
    }
    int old = interval();
    if (seconds == old) {
      return;
    }
    state.set32(STATS_INTERVAL, seconds);
    if (seconds == 0) {
      arm(DeviceClock.NEVER);
    } else if (old == 0) {
      arm(clock.now()); // first use fires at once (DEV-23)
    } else {
      rearm();
    }
  }

  /** Time for a request: return the buffer, or look again later if there is none (DEV-21). */
  private void poll() {
    int held = state.get32(STATS_HELD);
    if (held == 0 || !port.driverOk()) {
      rearm();
      return;
    }
    state.set32(STATS_HELD, 0);
    state.set64(STATS_DEADLINE, DeviceClock.NEVER); // armed again by the answer
    Objects.requireNonNull(ownQueue.get()).push(held - 1, 0);
  }

  private void rearm() {
    int interval = interval();
    if (interval > 0) {
      arm(clock.now() + interval * NANOS_PER_SECOND);
    }
  }

  private void arm(long deadline) {
    state.set64(STATS_DEADLINE, deadline);
    timer.arm(deadline);
  }

  /** The queue's elements are gone with the queue, or with all of them at a reset (DEV-24). */
  void forgetHeld() {
    state.set32(STATS_HELD, 0);
    state.set32(STATS_CAME, 0);
  }

  /** After a restore: the alarm follows the state (DEV-31). */
  void restored() {
    @Nullable Virtqueue queue = ownQueue.get();
    int held = state.get32(STATS_HELD);
    boolean possible = held == 0 || (queue != null && queue.mayHold(held - 1));
    int inFlight = queue == null ? 0 : queue.inFlight();
    BalloonState.require(port.name(), "held statistics buffer", possible, held);
    // A device that broke may have left one more; until a reset nobody pops or pushes.
    boolean counted = inFlight == (held == 0 ? 0 : 1) || !port.driverOk();
    BalloonState.require(port.name(), "elements in flight", counted, held);
    timer.arm(state.get64(STATS_DEADLINE));
  }
}
