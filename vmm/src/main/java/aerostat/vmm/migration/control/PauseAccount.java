package aerostat.vmm.migration.control;

import aerostat.vmm.migration.wire.ArrivalTimes;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the time goes between the last poll of the guest on the source and its first on the
 * destination. The source's clock measures up to COMMIT; what the destination took it tells itself
 * ({@link ArrivalTimes}); of the round trip between the two half is counted. Times in ns.
 */
public final class PauseAccount {
  private final Map<String, Long> parts = new LinkedHashMap<>();
  private long offeredAt;
  private long committedAt;
  private @Nullable ArrivalTimes arrival;

  /**
   * The vCPU rests and the devices are quiet.
   *
   * @param asked when the stop was asked for
   * @param lastPoll of the guest; 0 if it cannot tell or did not run
   */
  public synchronized void stopped(long asked, long lastPoll, long now) {
    parts.put("pause", now - Math.max(asked, lastPoll));
  }

  /** A part of the pause, in order. */
  public synchronized void part(String name, long nanos) {
    parts.put(name, nanos);
  }

  /** FINAL is about to be sent. */
  public synchronized void offered(long now) {
    offeredAt = now;
  }

  /** COMMIT is about to be sent. */
  public synchronized void committed(long now) {
    committedAt = now;
  }

  /** The destination's account has come. */
  public synchronized void arrived(ArrivalTimes times, long now) {
    arrival = times;
    if (committedAt != 0) {
      long trip = now - committedAt - times.resumeNanos() - times.sinceNanos();
      parts.put("handover", committedAt - offeredAt + Math.max(0, trip) / 2);
      parts.put("resume", times.resumeNanos());
    }
  }

  /** Adds what is known, in ms. */
  synchronized void addTo(Map<String, Object> map) {
    if (parts.isEmpty()) {
      return;
    }
    Map<String, Object> split = new LinkedHashMap<>();
    parts.forEach((name, nanos) -> split.put(name, millis(nanos)));
    if (arrival != null) {
      long all = parts.values().stream().mapToLong(Long::longValue).sum();
      map.put("x-downtime", millis(all));
      map.put("x-downtime-ready", millis(arrival.readyNanos()));
    }
    map.put("x-downtime-split", split);
  }

  private static double millis(long nanos) {
    return nanos / 1e6;
  }
}
