package aerostat.tools.fuzz.coverage;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Where instrumented classes find their counters: a machine's copy of its guest asks once, when its
 * class of counters is initialised.
 */
public final class EdgeMaps {
  private static final Map<Integer, byte[]> MAPS = new ConcurrentHashMap<>();
  private static final AtomicInteger NEXT = new AtomicInteger();

  private EdgeMaps() {}

  /** Makes counters, and the key by which {@link #take} finds them. */
  static int register(byte[] counters) {
    int key = NEXT.incrementAndGet();
    MAPS.put(key, counters);
    return key;
  }

  /** For generated code: the counters of a key, once. */
  public static byte[] take(int key) {
    byte[] counters = MAPS.remove(key);
    if (counters == null) {
      throw new IllegalStateException("no counters " + key);
    }
    return counters;
  }
}
