package aerostat.vmm.migration.control;

import java.util.Map;
import java.util.TreeMap;

/** QEMU's migration capabilities, of which those that are built can be switched on. Thread-safe. */
public final class MigrationCapabilities {
  /** Whether they can be switched on here. */
  private static final Map<String, Boolean> KNOWN =
      Map.ofEntries(
          Map.entry("auto-converge", true),
          Map.entry("background-snapshot", false),
          Map.entry("compress", false),
          Map.entry("dirty-bitmaps", false),
          Map.entry("dirty-limit", false),
          Map.entry("events", true),
          Map.entry("late-block-activate", false),
          Map.entry("mapped-ram", false),
          Map.entry("multifd", true),
          Map.entry("pause-before-switchover", false),
          Map.entry("postcopy-blocktime", false),
          Map.entry("postcopy-preempt", false),
          Map.entry("postcopy-ram", true),
          Map.entry("rdma-pin-all", false),
          Map.entry("release-ram", false),
          Map.entry("return-path", false),
          Map.entry("switchover-ack", false),
          Map.entry("validate-uuid", false),
          Map.entry("x-colo", false),
          Map.entry("x-ignore-shared", false),
          Map.entry("xbzrle", false),
          Map.entry("zero-copy-send", false),
          Map.entry("zero-page-detection", false));

  private volatile Map<String, Boolean> set = Map.of("events", true);

  /** Whether this one is switched on. */
  public boolean on(String name) {
    return set.getOrDefault(name, false);
  }

  /**
   * Switches some.
   *
   * @throws IllegalArgumentException that names one that is unknown or not built; nothing is set
   */
  public synchronized void set(Map<String, Boolean> changes) {
    changes.forEach(
        (name, on) -> {
          Boolean built = KNOWN.get(name);
          if (built == null) {
            throw new IllegalArgumentException("unknown migration capability '" + name + "'");
          }
          if (on && !built) {
            throw new IllegalArgumentException(
                "migration capability '" + name + "' is not supported");
          }
        });
    Map<String, Boolean> changed = new TreeMap<>(set);
    changed.putAll(changes);
    set = Map.copyOf(changed);
  }

  /** All, by name. */
  public Map<String, Boolean> toMap() {
    Map<String, Boolean> now = set;
    Map<String, Boolean> all = new TreeMap<>();
    KNOWN.keySet().forEach(name -> all.put(name, now.getOrDefault(name, false)));
    return all;
  }
}
