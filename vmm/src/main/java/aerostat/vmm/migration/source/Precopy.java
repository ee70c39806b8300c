package aerostat.vmm.migration.source;

import aerostat.mmio.memory.PageBitmap;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.machine.Sabotage;
import aerostat.vmm.migration.control.MigrationParameters;
import aerostat.vmm.migration.control.MigrationStats;
import aerostat.vmm.migration.guest.MovableGuest;
import aerostat.vmm.migration.pages.DirtyPages;
import aerostat.vmm.migration.pages.FreeSet;
import aerostat.vmm.migration.pages.PageChannels;
import aerostat.vmm.migration.pages.PageSender;
import aerostat.vmm.migration.pages.ReadAhead;
import aerostat.vmm.migration.pages.SourceStream;
import aerostat.vmm.migration.postcopy.PostcopySwitch;
import aerostat.vmm.migration.wire.Link;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.PayloadReader;
import aerostat.vmm.migration.wire.PayloadWriter;
import aerostat.vmm.migration.wire.WireLimits;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The rounds while the guest runs, and the last one after its pause. */
final class Precopy {
  private static final int SABOTAGE_SKIP = 64;
  private static final long ANSWER_LOOK = 500_000;

  /** How often a round looks whether it should end early. */
  private static final long LOOK = TimeUnit.MILLISECONDS.toNanos(5);

  /** With auto-converge, the longest time between two syncs (MIG-03). */
  private static final long SYNC_EACH = TimeUnit.SECONDS.toNanos(5);

  private final MovableGuest guest;
  private final Link link;
  private final PageChannels channels;
  private final Opening opening;
  private final DirtyPages dirty;
  private final SwitchOver switchOver;
  private final MigrationStats stats;
  private final Supplier<MigrationParameters> parameters;
  private final Runnable pass;
  private final Pacing pacing;
  private final PageSender sender;
  private final SwitchoverRule rule;
  private final @Nullable AutoConverge converge;
  private final long begun = System.nanoTime();
  private final long pollsBefore;
  private int rounds;
  private long position;
  private long lookedAt;
  private long syncedAt;
  private boolean inRound;
  private final boolean fills;
  private final boolean fillsLater;
  private PostcopySwitch postcopy = PostcopySwitch.NEVER;

  /**
   * @param converge slows the guest down where it has to be, or null
   * @param pass told after each sync while the guest runs
   */
  Precopy(
      MovableGuest guest,
      Link link,
      PageChannels channels,
      Opening opening,
      SwitchOver switchOver,
      @Nullable AutoConverge converge,
      MigrationStats stats,
      Supplier<MigrationParameters> parameters,
      BooleanSupplier stop,
      Runnable pass) {
    this.guest = guest;
    this.pollsBefore = guest.polls();
    this.link = link;
    this.channels = channels;
    this.opening = opening;
    this.dirty = opening.dirty();
    this.switchOver = switchOver;
    this.converge = converge;
    this.stats = stats;
    this.parameters = parameters;
    this.pass = pass;
    this.pacing = new Pacing(link, parameters, stop);
    this.sender =
        new PageSender(
            guest.memory(),
            link.out(),
            channels,
            dirty,
            stats,
            total -> {
              stats.transferred(total);
              pacing.sent(total);
            });
    MigrationParameters p = parameters.get();
    this.rule =
        p.switchoverOfQemu()
            ? new QemuSwitchover(() -> parameters.get().downtimeLimit())
            : new EagerSwitchover(() -> parameters.get().downtimeLimit());
    this.fills = p.hintFill();
    this.fillsLater = p.postcopyHints();
    if (p.sabotaged(Sabotage.SKIP_PAGE)) {
      sender.skipEach(SABOTAGE_SKIP);
    }
  }

  /** Ends the rounds as soon as a switch to postcopy is asked for. */
  void postcopy(PostcopySwitch wanted) {
    postcopy = wanted;
  }

  /** Rounds until the rule, or the time, says that the guest is to be stopped. */
  void rounds() throws IOException {
    syncedAt = System.nanoTime();
    pass.run();
    PageBitmap untouched = opening.untouched();
    stats.enters("hints");
    long rateFrom = System.nanoTime();
    if (opening.hints()) {
      KnownPages known = new KnownPages(guest.memory(), dirty, sender);
      if (known.any()) {
        roundBegins(dirty.remaining());
      }
      int most = parameters.get().hintWait();
      stats.hintWait(HintWait.await(dirty, switchOver, pacing, most, known::more));
      stats.usedFirst(known.sent());
      rateFrom = known.any() ? rateFrom : System.nanoTime();
    }
    stats.enters("rounds");
    if (untouched != null) {
      sender.zeros(untouched);
      stats.untouched(untouched.cardinality());
    }
    dirty.hintsCame();
    rule.begin(rateFrom);
    boolean readsAll = untouched == null;
    while (true) {
      long before = dirty.remaining();
      boolean hurry = readsAll ? roundThatReadsAll(before) : round(before);
      readsAll = false;
      sync();
      long remaining = dirty.remaining();
      boolean complete = rule.complete(before, remaining, channels.bytes(), System.nanoTime());
      stats.forecast(rule.downtimeMillis(remaining));
      boolean still = guest.state() != RunState.RUNNING && remaining == 0;
      if (still || hurry || postcopy.wanted() || pacing.hurry(rounds)) {
        return;
      }
      if (complete) {
        awaitArrival();
        return; // no id for a round that does not come
      }
      var unused = switchOver.askForHints(dirty, remaining, parameters.get().switchoverOfQemu());
    }
  }

  /**
   * What was sent is in place over there: it lies in sockets and on a long way, and the pause would
   * have to wait for it.
   */
  private void awaitArrival() throws IOException {
    stats.enters("arrival");
    link.out().send(MessageType.ARRIVED, new PayloadWriter().u32(rounds).done());
    link.expect(link.in().next(), MessageType.ARRIVED);
    PayloadReader answer = link.in().fields();
    int round = answer.u32("round");
    answer.end();
    if (round != rounds) {
      throw answer.bad("round " + round + ", asked for " + rounds);
    }
  }

  /** Stops the guest and sends all that is left, with its state; FINAL is the caller's. */
  void last(boolean verify) throws IOException {
    long begin = System.nanoTime();
    stats.paused(begin);
    switchOver.pause();
    long paused = System.nanoTime();
    stats.worked(guest.polls() - pollsBefore, begin - begun);
    stats.pause().stopped(begin, guest.lastPoll(), paused);
    switchOver.beforeSync();
    stats.synced(dirty.lastSync());
    switchOver.hintsDone();
    long synced = stepped("final-sync", paused);
    channels.paused();
    pacing.guestPaused();
    sender.messagePages(WireLimits.MAX_DATA_PAGES);
    stats.roundBegins(dirty.remaining(), channels.bytes());
    boolean later = postcopy.wanted() && dirty.remaining() > 0;
    if (later) {
      PageBitmap missing = dirty.bits().copy();
      SourceStream.missing(missing, link.out());
      postcopy.switched(missing);
    } else {
      sender.round();
    }
    channels.barrier(++rounds, 0);
    stats.roundEnds(channels.bytes());
    long sent = stepped("final-pages", synced);
    FreeSet free = fills || (later && fillsLater) ? FreeSet.of(guest, dirty) : null;
    SourceStream.state(guest, verify ? leftOut(later, free == null) : null, free, link.out());
    stats.transferred(channels.bytes());
    stepped("state", sent);
  }

  /** What the destination has cannot be compared: it has nothing yet, or anything. */
  private PageBitmap leftOut(boolean later, boolean hinted) {
    PageBitmap none = new PageBitmap(guest.memory().pages());
    if (later) {
      none.or(dirty.bits());
    }
    if (hinted) {
      none.or(dirty.free());
    }
    return none;
  }

  private long stepped(String part, long since) {
    long now = System.nanoTime();
    stats.pause().part(part, now - since);
    return now;
  }

  private void roundBegins(long dirtyPages) {
    if (!inRound) {
      inRound = true;
      stats.roundBegins(dirtyPages, channels.bytes());
    }
  }

  /** Log to bitmap, with the hook before it. */
  private void sync() throws IOException {
    while (parameters.get().logWaitsForAnswer() && switchOver.awaitsAnswer()) {
      pacing.idle(ANSWER_LOOK); // a guest that never answers stalls this migration
    }
    switchOver.beforeSync();
    long fresh = dirty.sync();
    stats.synced(fresh);
    syncedAt = System.nanoTime();
    if (converge != null && rounds > 0) {
      int percent = converge.synced(fresh, channels.bytes(), syncedAt);
      switchOver.throttle(percent);
      stats.throttled(percent);
    }
    pass.run();
  }

  /**
   * Sends what is dirty until nothing is, or until the round should end early; the next one goes on
   * where this one stopped (MIG-06).
   *
   * @return whether the time is over
   */
  private boolean round(long dirtyPages) throws IOException {
    sender.messagePages(messagePages(parameters.get().maxBandwidth()));
    roundBegins(dirtyPages);
    long begin = position;
    position = 0;
    inRound = false;
    boolean whole = sweep(begin, guest.memory().pages()) && sweep(0, begin);
    sender.flush();
    channels.barrier(++rounds, dirtyPages);
    stats.roundEnds(channels.bytes());
    stats.transferred(channels.bytes());
    return !whole && pacing.hurry(0);
  }

  /** As {@link #round}, where memory may never have been touched. */
  private boolean roundThatReadsAll(long dirtyPages) throws IOException {
    try (ReadAhead ahead = new ReadAhead(guest.memory(), dirty.bits())) {
      sender.readAhead(ahead);
      return round(dirtyPages);
    } finally {
      sender.readAhead(null);
    }
  }

  private boolean sweep(long from, long to) throws IOException {
    for (long page = from; page >= 0 && page < to; ) {
      page = sender.next(page, to);
      if (page >= 0 && endEarly()) {
        position = page % guest.memory().pages();
        return false;
      }
    }
    return true;
  }

  private boolean endEarly() throws IOException {
    long now = System.nanoTime();
    if (now - lookedAt < LOOK) {
      return false;
    }
    lookedAt = now;
    return pacing.hurry(0)
        || postcopy.wanted()
        || rule.syncNow(dirty.remaining(), channels.bytes(), now)
        || (converge != null && rounds > 0 && now - syncedAt > SYNC_EACH);
  }

  /** A tenth of a second's worth: a destination waits for each message whole. */
  private static int messagePages(long bytesPerSecond) {
    return bytesPerSecond == 0
        ? WireLimits.MAX_DATA_PAGES
        : (int) Math.clamp(bytesPerSecond / 10 / 4096, 1, WireLimits.MAX_DATA_PAGES);
  }
}
