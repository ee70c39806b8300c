package aerostat.devices.balloon;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.trace.TraceLine;
import aerostat.mmio.virtio.VirtioPort;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongConsumer;

/** What the monitor and migration ask of the balloon. */
final class HostSide implements BalloonHost {
  private final BalloonState state;
  private final VirtioPort port;
  private final FreePageSource hints;
  private final StatsHandler stats;
  private final List<LongConsumer> listeners = new CopyOnWriteArrayList<>();

  HostSide(BalloonState state, VirtioPort port, FreePageSource hints, StatsHandler stats) {
    this.state = state;
    this.port = port;
    this.hints = hints;
    this.stats = stats;
  }

  @Override
  public void setTarget(long bytes) {
    if (bytes <= 0 || ballooningRefused()) {
      return; // the monitor refuses these before (DEV-09)
    }
    long ram = port.memory().size();
    long pages = (ram - Math.min(bytes, ram)) >>> GuestMemory.PAGE_SHIFT;
    state.set32(BalloonLayout.NUM_PAGES, (int) pages);
    if (port.trace().on()) {
      TraceLine.of(port.name(), "target").num("bytes", bytes).num("pages", pages).to(port.trace());
    }
    port.configChanged();
  }

  @Override
  public boolean ballooningRefused() {
    return (port.features() & BalloonLayout.F_NO_BALLOON) != 0;
  }

  @Override
  public long actualBytes() {
    long ram = port.memory().size();
    long pages = Math.min(actualPages(), ram >>> GuestMemory.PAGE_SHIFT); // DEV-10
    return ram - (pages << GuestMemory.PAGE_SHIFT);
  }

  private long actualPages() {
    return Integer.toUnsignedLong(state.get32(BalloonLayout.ACTUAL));
  }

  /** The driver has written {@code actual} to its last byte. */
  void actualWritten() {
    int actual = state.get32(BalloonLayout.ACTUAL);
    if (actualPages() > port.memory().size() >>> GuestMemory.PAGE_SHIFT) {
      state.count(BalloonCounter.ACTUAL_CLAMPED, 1);
    }
    if (actual == state.get32(BalloonLayout.ANNOUNCED_ACTUAL)) {
      return; // DEV-10: an event only for a change
    }
    state.set32(BalloonLayout.ANNOUNCED_ACTUAL, actual);
    if (port.trace().on()) {
      TraceLine.of(port.name(), "actual").num("pages", actualPages()).to(port.trace());
    }
    long bytes = actualBytes();
    for (LongConsumer listener : listeners) {
      listener.accept(bytes);
    }
  }

  @Override
  public int poison() {
    return state.get32(BalloonLayout.POISON_VAL);
  }

  @Override
  public boolean driverReady() {
    return port.driverOk();
  }

  @Override
  public Map<String, Long> stats() {
    Map<String, Long> values = new LinkedHashMap<>();
    for (StatTag tag : StatTag.values()) {
      values.put(tag.key, state.stat(tag.ordinal()));
    }
    return values;
  }

  @Override
  public long statsLastUpdate() {
    return state.get64(BalloonLayout.STATS_LAST_UPDATE);
  }

  @Override
  public void setStatsPollingInterval(int seconds) {
    stats.setInterval(seconds);
  }

  @Override
  public int statsPollingInterval() {
    return stats.interval();
  }

  @Override
  public void onActualChanged(LongConsumer listener) {
    listeners.add(listener);
  }

  @Override
  public boolean hintingPossible() {
    return port.driverOk() && (port.features() & BalloonLayout.F_FREE_PAGE_HINT) != 0;
  }

  @Override
  public void hintStart(FreePageHintSink sink) {
    if (hintingPossible()) {
      hints.start(sink);
    }
  }

  @Override
  public void hintStop() {
    if (hintNegotiated()) {
      hints.stop();
    }
  }

  @Override
  public void hintDone() {
    if (hintNegotiated()) {
      hints.done();
    }
  }

  @Override
  public boolean hintRoundOver() {
    return hints.roundOver();
  }

  @Override
  public boolean answersRequests() {
    return hints instanceof FreePagesMachine && hintingPossible();
  }

  @Override
  public void dropCachesFirst(int bits) {
    if (hints instanceof FreePagesMachine freePages) {
      freePages.dropCaches(bits);
    }
  }

  private boolean hintNegotiated() {
    return (port.features() & BalloonLayout.F_FREE_PAGE_HINT) != 0;
  }
}
