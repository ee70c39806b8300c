package aerostat.vmm.migration;

import aerostat.mmio.memory.PageBitmap;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.machine.Sabotage;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The rounds while the guest runs, and the last one after its pause. */
final class Precopy {
  private static final int SABOTAGE_SKIP = 64;
  private static final long HINT_POLL = 500_000;
  private static final long HINT_QUIET = 3_000_000;

  private final MovableGuest guest;
  private final Link link;
  private final PageChannels channels;
  private final DirtyPages dirty;
  private final SwitchOver switchOver;
  private final MigrationStats stats;
  private final Supplier<MigrationParameters> parameters;
  private final BooleanSupplier stop;
  private final Runnable pass;
  private final BandwidthLimit limit;
  private final PageSender sender;
  private boolean unlimited;
  private int rounds;
  private double rate;

  /**
   * @param pass told after each sync
   */
  Precopy(
      MovableGuest guest,
      Link link,
      PageChannels channels,
      DirtyPages dirty,
      SwitchOver switchOver,
      MigrationStats stats,
      Supplier<MigrationParameters> parameters,
      BooleanSupplier stop,
      Runnable pass) {
    this.guest = guest;
    this.link = link;
    this.channels = channels;
    this.dirty = dirty;
    this.switchOver = switchOver;
    this.stats = stats;
    this.parameters = parameters;
    this.stop = stop;
    this.pass = pass;
    this.limit = new BandwidthLimit(() -> parameters.get().maxBandwidth());
    this.sender = new PageSender(guest.memory(), link.out(), channels, dirty, stats, this::sent);
    if (parameters.get().sabotaged(Sabotage.SKIP_PAGE)) {
      sender.skipEach(SABOTAGE_SKIP);
    }
  }

  /** Rounds until {@link Convergence} says that the guest may be stopped. */
  void rounds() throws IOException {
    dirty.begin();
    boolean hints = sync();
    // While the guest collects its hints, the host's kernel is asked about the rest.
    PageBitmap untouched = parameters.get().skipUntouched() ? dirty.untouched() : null;
    if (hints) {
      awaitHints();
    }
    if (untouched != null) {
      dirty.takeOut(untouched);
      stats.untouched(untouched.cardinality());
      sender.zeros(untouched);
    }
    sender.expectUntouched(untouched == null);
    dirty.hintsCame();
    while (true) {
      long before = dirty.remaining();
      round(before);
      sender.expectUntouched(false);
      sync();
      MigrationParameters p = parameters.get();
      long remaining = dirty.remaining();
      long forecast = Convergence.downtimeMillis(remaining, rate);
      stats.expectedDowntime(forecast == Long.MAX_VALUE ? 0 : forecast);
      if (guest.state() != RunState.RUNNING && remaining == 0
          || Convergence.stopNow(
              before, remaining, rate, rounds, p.downtimeLimit(), p.maxRounds())) {
        return;
      }
    }
  }

  /** Stops the guest and sends all that is left, with its state; FINAL is the caller's. */
  void last(boolean verify) throws IOException {
    long begin = System.nanoTime();
    stats.paused(begin);
    switchOver.pause();
    long paused = stepped("pause", begin);
    switchOver.beforeSync();
    stats.synced(dirty.sync());
    switchOver.hintsDone();
    pass.run();
    long synced = stepped("final-sync", paused);
    channels.paused();
    unlimited = true;
    sender.messagePages(WireLimits.MAX_DATA_PAGES);
    stats.roundBegins();
    sender.round();
    channels.barrier(++rounds, 0);
    stats.roundEnds();
    long sent = stepped("final-pages", synced);
    SourceStream.state(guest, verify, dirty.withheld(), link.out());
    stats.transferred(channels.bytes());
    stepped("state", sent);
  }

  private long stepped(String part, long since) {
    long now = System.nanoTime();
    stats.split(part, now - since);
    return now;
  }

  /** Log to bitmap, with the hooks around it; whether hints may come now. */
  private boolean sync() throws IOException {
    while (parameters.get().logWaitsForAnswer() && switchOver.awaitsAnswer()) {
      idle(HINT_POLL); // a guest that never answers stalls this migration; a cancel ends it
    }
    switchOver.beforeSync();
    stats.synced(dirty.sync());
    boolean hints = switchOver.afterSync(dirty);
    pass.run();
    return hints;
  }

  private void round(long dirtyPages) throws IOException {
    long begin = System.nanoTime();
    long bytes = channels.bytes();
    sender.messagePages(messagePages(parameters.get().maxBandwidth()));
    stats.roundBegins();
    sender.round();
    channels.barrier(++rounds, dirtyPages);
    stats.roundEnds();
    stats.transferred(channels.bytes());
    long sent = channels.bytes() - bytes;
    long nanos = Math.max(1, System.nanoTime() - begin);
    if (sent > 10_000) {
      // Less says nothing about the rate (MIG-11).
      rate = sent * 1e9 / nanos;
    }
  }

  /** A tenth of a second's worth: a destination waits for each message whole. */
  private static int messagePages(long bytesPerSecond) {
    return bytesPerSecond == 0
        ? WireLimits.MAX_DATA_PAGES
        : (int) Math.clamp(bytesPerSecond / 10 / 4096, 1, WireLimits.MAX_DATA_PAGES);
  }

  /**
   * A hint helps only if it comes before the sender does (MIG-20). A guest that sleeps hands all
   * its free memory over in a few milliseconds, so the first round waits while hints keep coming.
   */
  private void awaitHints() throws IOException {
    long begin = System.nanoTime();
    long deadline = begin + TimeUnit.MILLISECONDS.toNanos(parameters.get().hintWait());
    long lastCount = 0;
    long lastChange = begin;
    while (true) {
      long now = System.nanoTime();
      long count = dirty.hints();
      if (count != lastCount) {
        lastCount = count;
        lastChange = now;
      }
      boolean quiet = count > 0 && now - lastChange > HINT_QUIET;
      if (quiet || now >= deadline || switchOver.hintRoundOver()) {
        stats.hintWait(now - begin);
        return;
      }
      idle(HINT_POLL);
    }
  }

  private void sent(long totalBytes) throws IOException {
    stats.transferred(totalBytes);
    if (unlimited) {
      return;
    }
    if (stop.getAsBoolean()) {
      throw new Transport.StoppedException();
    }
    long delay = limit.delay(totalBytes, System.nanoTime());
    if (delay > 0) {
      long until = System.nanoTime() + delay;
      for (long left = delay; left > 0; left = until - System.nanoTime()) {
        idle(left);
      }
    }
  }

  /** Waits, but hears a cancel and a peer that says no. */
  private void idle(long nanos) throws IOException {
    if (stop.getAsBoolean()) {
      throw new Transport.StoppedException();
    }
    if (link.transport().awaitReadable(nanos)) {
      WireHeader header = link.in().next();
      link.expect(header, MessageType.REFUSE);
    }
  }
}
