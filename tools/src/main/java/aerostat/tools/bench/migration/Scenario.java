package aerostat.tools.bench.migration;

import aerostat.vmm.cli.Size;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A guest and how it is migrated.
 *
 * @param name for tables
 * @param guest what it does; the same for scenarios that are compared
 * @param append its kernel command line
 * @param ready what its console says once it can be migrated; empty: as soon as its balloon is
 *     there
 * @param hints whether free page hinting is on
 * @param skip whether memory that it never touched is skipped
 * @param more parameters of the migration
 */
public record Scenario(
    String name,
    String guest,
    long memoryBytes,
    String append,
    String ready,
    boolean hints,
    boolean skip,
    Map<String, Object> more) {
  /** Rates of the guest that writes, MiB a second. */
  private static final int[] RATES = {50, 200};

  private static final int[] ALL_RATES = {10, 50, 200, 800};

  /** For the VMM that boots it. */
  public List<String> options() {
    return List.of("--memory", Long.toString(memoryBytes), "--append", append);
  }

  /** For the migration. */
  public Map<String, Object> parameters() {
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("x-hinting", hints);
    parameters.put("x-skip-untouched", skip);
    parameters.putAll(more);
    return parameters;
  }

  /** The same with these parameters of the migration. */
  public Scenario with(Map<String, Object> parameters) {
    return new Scenario(name, guest, memoryBytes, append, ready, hints, skip, parameters);
  }

  /**
   * All that is measured for one size of guest.
   *
   * @param residentBytes of the idle guest, incompressible: what a stock Linux guest has in use
   * @param full every combination and more rates
   */
  public static List<Scenario> matrix(long memoryBytes, long residentBytes, boolean full) {
    List<Scenario> all = new ArrayList<>();
    String idle = "workload=idle resident=" + (residentBytes >> 20) + "M";
    modes(all, "idle", memoryBytes, idle, "resident: filled", true);
    modes(all, "lean", memoryBytes, "workload=idle", "", full);
    // Half of its memory was used once, and is free again.
    String freed = idle + " touch=" + (memoryBytes >> 21) + "M";
    modes(all, "freed", memoryBytes, freed, "touch: touched", full);
    for (int rate : full ? ALL_RATES : RATES) {
      String dirty = "workload=dirty dirty.rate=" + rate;
      String name = "dirty " + rate + " MiB/s";
      if (full) {
        modes(all, name, memoryBytes, dirty, "workload-stat", true);
      } else {
        all.add(of(name, memoryBytes, dirty, "workload-stat", true, true));
      }
    }
    return all;
  }

  private static void modes(
      List<Scenario> into, String guest, long memory, String append, String ready, boolean all) {
    for (boolean skip : new boolean[] {false, true}) {
      for (boolean hints : new boolean[] {false, true}) {
        // Skipping changes nothing for a guest whose memory was all touched or all hinted.
        if (all || !skip) {
          into.add(of(guest, memory, append, ready, hints, skip));
        }
      }
    }
  }

  /** A guest of one's own. */
  public static Scenario of(
      String guest, long memory, String append, String ready, boolean hints, boolean skip) {
    String name =
        "%s %s, hints %s, skip %s"
            .formatted(Size.show(memory), guest, hints ? "on" : "off", skip ? "on" : "off");
    return new Scenario(name, guest, memory, append, ready, hints, skip, Map.of());
  }
}
