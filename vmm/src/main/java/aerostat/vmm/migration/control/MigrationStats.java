package aerostat.vmm.migration.control;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The counters of one migration, under QEMU's names where QEMU has one. Written by the migration's
 * thread, read by the monitor at any time.
 */
public final class MigrationStats {
  /**
   * One round as {@code x-rounds} shows it.
   *
   * @param dirty pages when it began
   * @param forecast ms that the pause would have taken after it; −1 if not known
   */
  private record Round(
      long dirty, long sent, long zero, long hinted, long bytes, long nanos, long forecast) {
    Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("dirty", dirty);
      map.put("pages-sent", sent);
      map.put("zero", zero);
      map.put("hinted", hinted);
      map.put("bytes", bytes);
      map.put("ms", nanos / 1e6);
      map.put("mbps", nanos <= 0 ? 0 : bytes * 8000.0 / nanos);
      if (forecast >= 0) {
        map.put("forecast", forecast);
      }
      return map;
    }
  }

  private static final int PAGE = 4096;
  private static final int MAX_ROUNDS_SHOWN = 1000;

  private final UUID uuid;
  private final long totalBytes;
  private final long begin = System.nanoTime();
  private final List<Round> rounds = new ArrayList<>();
  private final PauseAccount pause = new PauseAccount();
  private final TimeAccount time = new TimeAccount(begin);

  private String status = "setup";
  private String handover = "";
  private String error = "";
  private String warning = "";
  private long end;
  private long setupEnd;
  private long pausedAt;
  private long resumedAt;
  private long expectedDowntime;
  private int throttle;
  private long guestRate;
  private long normal;
  private long duplicate;
  private long transferred;
  private long precopyBytes = -1;
  private long postcopyBytes;
  private long syncs;
  private long lastSync = begin;
  private long dirtyRate;
  private long hintWait;
  private long usedFirst;
  private long untouched;
  private long roundBegin;
  private long roundDirty;
  private long roundBytes;
  private long roundNormal;
  private long roundDuplicate;
  private long roundHinted;
  private LongSupplier remaining = () -> 0;
  private LongSupplier hinted = () -> 0;

  /** Begins now; the RAM in bytes. */
  public MigrationStats(UUID uuid, long totalBytes) {
    this.uuid = uuid;
    this.totalBytes = totalBytes;
  }

  /** Where pages that remain, and pages that hints took out, are counted. */
  public synchronized void sources(LongSupplier remainingPages, LongSupplier hintedPages) {
    remaining = remainingPages;
    hinted = hintedPages;
  }

  /** QEMU's word. */
  public synchronized String status() {
    return status;
  }

  /** Whether it is over, one way or the other. */
  public synchronized boolean over() {
    return end != 0;
  }

  /** Sets the status; false if it was this one, or the migration is over. */
  public synchronized boolean status(String next) {
    boolean last = next.equals("completed") || next.equals("failed") || next.equals("cancelled");
    if (status.equals(next) || end != 0 || (status.equals("cancelling") && !last)) {
      return false;
    }
    if (status.equals("setup")) {
      setupEnd = System.nanoTime();
    }
    status = next;
    if (last) {
      end = System.nanoTime();
    }
    return true;
  }

  /** Its time is this part's from here on ({@code x-time-split}). */
  public synchronized void enters(String part) {
    if (end == 0) {
      time.enter(part, System.nanoTime());
    }
  }

  /** The phase of the state machine. */
  public synchronized void handover(String phase) {
    handover = phase;
  }

  /** The first one counts. */
  public synchronized void error(String text) {
    if (error.isEmpty()) {
      error = text;
    }
  }

  public synchronized void warning(String text) {
    warning = text;
  }

  /** So many more went as zero. */
  public synchronized void zeroPages(long pages) {
    duplicate += pages;
  }

  /** So many more went with data. */
  public synchronized void dataPages(long pages) {
    normal += pages;
  }

  /** A destination's counts. */
  public synchronized void received(long data, long zero, long bytes) {
    normal = data;
    duplicate = zero;
    transferred = bytes;
  }

  /** Bytes on all connections so far. */
  public synchronized void transferred(long bytes) {
    transferred = bytes;
  }

  /** Bytes that came, or went, after the guest. */
  public synchronized void postcopied(long bytes) {
    postcopyBytes += bytes;
  }

  /** Nanoseconds that the first round waited for hints. */
  public synchronized void hintWait(long nanos) {
    hintWait = nanos;
  }

  /** Pages that went while hints were waited for. */
  public synchronized void usedFirst(long pages) {
    usedFirst = pages;
  }

  /** Pages that were told to be zero without a look at them; {@code duplicate} has them too. */
  public synchronized void untouched(long pages) {
    untouched = pages;
  }

  /** How often the log was harvested. */
  public synchronized long syncs() {
    return syncs;
  }

  /** A sync found so many pages newly dirty (MIG-14). */
  public synchronized void synced(long fresh) {
    long now = System.nanoTime();
    if (syncs++ > 0 && now > lastSync) {
      dirtyRate = (long) (fresh * 1e9 / (now - lastSync));
    }
    lastSync = now;
  }

  /** With so many pages to go, after so many bytes. */
  public synchronized void roundBegins(long dirtyPages, long bytes) {
    roundBegin = System.nanoTime();
    roundDirty = dirtyPages;
    roundBytes = bytes;
    roundNormal = normal;
    roundDuplicate = duplicate;
  }

  /** Hints count for the round that they came before or in. */
  public synchronized void roundEnds(long bytes) {
    long hintedNow = hinted.getAsLong();
    if (rounds.size() < MAX_ROUNDS_SHOWN) {
      rounds.add(
          new Round(
              roundDirty,
              normal - roundNormal,
              duplicate - roundDuplicate,
              hintedNow - roundHinted,
              bytes - roundBytes,
              System.nanoTime() - roundBegin,
              -1));
    }
    roundHinted = hintedNow;
  }

  /** What the pause would take if it began now, ms; {@link Long#MAX_VALUE} if not known. */
  public synchronized void forecast(long millis) {
    expectedDowntime = millis == Long.MAX_VALUE ? 0 : millis;
    if (!rounds.isEmpty() && rounds.size() < MAX_ROUNDS_SHOWN) {
      Round r = rounds.removeLast();
      long shown = millis == Long.MAX_VALUE ? -1 : millis;
      rounds.add(new Round(r.dirty, r.sent, r.zero, r.hinted, r.bytes, r.nanos, shown));
    }
  }

  /** Percent that auto-converge takes from the guest's processor. */
  public synchronized void throttled(int percent) {
    throttle = percent;
  }

  /** What the guest did from the begin of the migration to its pause. */
  public synchronized void worked(long polls, long nanos) {
    guestRate = nanos <= 0 ? 0 : Math.round(polls * 1e9 / nanos);
  }

  /** The account of the pause. */
  public PauseAccount pause() {
    return pause;
  }

  /** The guest stands since then ({@link System#nanoTime}). */
  public synchronized void paused(long at) {
    pausedAt = at;
    precopyBytes = transferred;
  }

  /** The guest runs again, here or there. */
  public synchronized void resumed() {
    if (resumedAt == 0) {
      resumedAt = System.nanoTime();
    }
  }

  /** What {@code query-migrate} shows. */
  public synchronized Map<String, Object> toMap() {
    long now = end == 0 ? System.nanoTime() : end;
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("status", status);
    map.put("total-time", millis(now - begin));
    if (pausedAt != 0) {
      map.put("downtime", millis((resumedAt == 0 ? now : resumedAt) - pausedAt));
    }
    map.put("expected-downtime", expectedDowntime);
    if (throttle != 0) {
      map.put("cpu-throttle-percentage", throttle);
    }
    map.put("setup-time", millis((setupEnd == 0 ? now : setupEnd) - begin));
    map.put("ram", ram(now));
    if (!error.isEmpty()) {
      map.put("error-desc", error);
    }
    map.put("x-uuid", uuid.toString());
    if (!handover.isEmpty()) {
      map.put("x-handover", handover);
    }
    if (!warning.isEmpty()) {
      map.put("x-warning", warning);
    }
    if (guestRate > 0) {
      map.put("x-polls-per-second", guestRate);
    }
    map.put("x-hinted-pages", hinted.getAsLong());
    map.put("x-hint-wait", millis(hintWait));
    map.put("x-used-first-pages", usedFirst);
    map.put("x-untouched-pages", untouched);
    map.put("x-rounds", rounds.stream().map(Round::toMap).toList());
    time.addTo(map, now);
    pause.addTo(map);
    return map;
  }

  private Map<String, Object> ram(long now) {
    double seconds = Math.max(1e-6, (now - begin) / 1e9);
    long precopy = precopyBytes < 0 ? transferred : precopyBytes;
    Map<String, Object> ram = new LinkedHashMap<>();
    ram.put("transferred", transferred);
    ram.put("remaining", end == 0 ? remaining.getAsLong() * PAGE : 0);
    ram.put("total", totalBytes);
    ram.put("duplicate", duplicate);
    ram.put("skipped", 0);
    ram.put("normal", normal);
    ram.put("normal-bytes", normal * PAGE);
    ram.put("dirty-pages-rate", dirtyRate);
    ram.put("mbps", transferred * 8 / seconds / 1e6);
    ram.put("dirty-sync-count", syncs);
    ram.put("page-size", PAGE);
    ram.put("pages-per-second", (long) ((normal + duplicate) / seconds));
    ram.put("precopy-bytes", precopy);
    ram.put("postcopy-bytes", postcopyBytes);
    ram.put("downtime-bytes", transferred - precopy);
    return ram;
  }

  private static long millis(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(nanos);
  }
}
