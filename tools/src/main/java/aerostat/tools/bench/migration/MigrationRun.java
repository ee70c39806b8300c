package aerostat.tools.bench.migration;

import aerostat.vmm.monitor.QmpClient;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One migration, as {@code query-migrate} of its source tells it.
 *
 * @param first of its two processes, which were new
 * @param freeBytes of guest memory, as the guest said before; 0 if it did not
 */
public record MigrationRun(boolean first, long freeBytes, Map<String, @Nullable Object> state) {
  /** One round of a run: pages dirty when it began, and its time in ms. */
  public record Round(double dirty, double millis, double bytes) {}

  public double totalMillis() {
    return number(state, "total-time");
  }

  /** QEMU's: from the pause to the word that the guest runs over there. */
  public double downtimeMillis() {
    return number(state, "downtime");
  }

  /** From the guest's last poll here to its first over there. */
  public double stillMillis() {
    return number(state, "x-downtime");
  }

  double setupMillis() {
    return number(state, "setup-time");
  }

  public double transferred() {
    return number(ram(), "transferred");
  }

  double normalPages() {
    return number(ram(), "normal");
  }

  double zeroPages() {
    return number(ram(), "duplicate");
  }

  public double hintedPages() {
    return number(state, "x-hinted-pages");
  }

  double hintWaitMillis() {
    return number(state, "x-hint-wait");
  }

  /** MiB a second in the first round. */
  public double firstRoundRate() {
    List<Round> rounds = rounds();
    return rounds.isEmpty() || rounds.getFirst().millis() == 0
        ? 0
        : rounds.getFirst().bytes() / (1 << 20) / rounds.getFirst().millis() * 1000;
  }

  List<Round> rounds() {
    return state.get("x-rounds") instanceof List<?> list
        ? list.stream()
            .map(QmpClient::asObject)
            .map(r -> new Round(number(r, "dirty"), number(r, "ms"), number(r, "bytes")))
            .toList()
        : List.of();
  }

  /** A part of the pause, ms. */
  double part(String name) {
    return state.get("x-downtime-split") instanceof Map<?, ?>
        ? number(QmpClient.asObject(state.get("x-downtime-split")), name)
        : 0;
  }

  private Map<String, @Nullable Object> ram() {
    return QmpClient.asObject(state.get("ram"));
  }

  private static double number(Map<String, @Nullable Object> object, String name) {
    return object.get(name) instanceof Number n ? n.doubleValue() : 0;
  }
}
