package aerostat.vmm.migration.control;

import aerostat.vmm.machine.Sabotage;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What {@code migrate-set-parameters} set, each of {@link MigrationParameter}; a migration reads
 * them as it goes. Immutable.
 */
public final class MigrationParameters {
  public static final MigrationParameters DEFAULT =
      new MigrationParameters(new EnumMap<>(MigrationParameter.class));

  /** Those that were set. */
  private final EnumMap<MigrationParameter, Object> values;

  private MigrationParameters(EnumMap<MigrationParameter, Object> values) {
    this.values = values;
  }

  /** Bytes a second, 0: no limit; not applied once the guest is paused (MIG-13). */
  public long maxBandwidth() {
    return number(MigrationParameter.MAX_BANDWIDTH);
  }

  /** Milliseconds that the guest may stand still by forecast. */
  public int downtimeLimit() {
    return (int) number(MigrationParameter.DOWNTIME_LIMIT);
  }

  /** Connections for pages beside the main one, where the capability multifd is on. */
  public int multifdChannels() {
    return (int) number(MigrationParameter.MULTIFD_CHANNELS);
  }

  /** Whether free page hinting is used where the guest offers it. */
  public boolean hinting() {
    return on(MigrationParameter.HINTING);
  }

  /** Milliseconds that the first round may wait for the guest's hints to end. */
  public int hintWait() {
    return (int) number(MigrationParameter.HINT_WAIT);
  }

  /** What a guest that answers with a bitmap drops first: bit 0 page cache, bit 1 slab. */
  public int dropCaches() {
    return (int) number(MigrationParameter.DROP_CACHES);
  }

  /** Whether the log is not read until the guest has answered with its bitmap. */
  public boolean logWaitsForAnswer() {
    return word(MigrationParameter.BITMAP_LOG).equals("wait");
  }

  /** Whether the destination drops what it has of hinted pages, and fills them. */
  public boolean hintFill() {
    return on(MigrationParameter.HINT_FILL);
  }

  /** Whether hints are used where postcopy may come; if not, QEMU's rule (DEV-17). */
  public boolean postcopyHints() {
    return on(MigrationParameter.POSTCOPY_HINTS);
  }

  /** Whether memory that the host never had to provide is told to be zero without a look at it. */
  public boolean skipUntouched() {
    return on(MigrationParameter.SKIP_UNTOUCHED);
  }

  /** Whether the guest is stopped when QEMU would stop it (MIG-11, MIG-12). */
  public boolean switchoverOfQemu() {
    return word(MigrationParameter.SWITCHOVER).equals("qemu");
  }

  /** Rounds that a migration may take, 0: any number. */
  public int maxRounds() {
    return (int) number(MigrationParameter.MAX_ROUNDS);
  }

  /** Milliseconds that a migration may take until the guest is stopped, 0: any time. */
  public long timeout() {
    return number(MigrationParameter.TIMEOUT);
  }

  /** Whether a migration that takes too long stops the guest all the same, and does not fail. */
  public boolean finishInTime() {
    return word(MigrationParameter.TIMEOUT_STRATEGY).equals("finish");
  }

  /** Of auto-converge (MIG-15). */
  public ThrottleSteps throttleSteps() {
    return new ThrottleSteps(
        (int) number(MigrationParameter.THROTTLE_TRIGGER_THRESHOLD),
        (int) number(MigrationParameter.CPU_THROTTLE_INITIAL),
        (int) number(MigrationParameter.CPU_THROTTLE_INCREMENT),
        on(MigrationParameter.CPU_THROTTLE_TAILSLOW),
        (int) number(MigrationParameter.MAX_CPU_THROTTLE));
  }

  /** Whether checksums of all pages are compared before the destination says READY. */
  public boolean verify() {
    return on(MigrationParameter.VERIFY);
  }

  /** Id of the credentials that connections use; empty: no TLS. */
  public String tlsCreds() {
    return word(MigrationParameter.TLS_CREDS);
  }

  /** Name that the destination's certificate must have; empty: the host of its address. */
  public String tlsHostname() {
    return word(MigrationParameter.TLS_HOSTNAME);
  }

  /** Whether this error is planted: by the parameter, or for the whole process by its property. */
  public boolean sabotaged(Sabotage what) {
    return word(MigrationParameter.SABOTAGE).equals(what.word()) || what.planned();
  }

  /** As QMP shows them. */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    for (MigrationParameter parameter : MigrationParameter.values()) {
      if (parameter != MigrationParameter.SABOTAGE || MigrationParameter.testBuild()) {
        map.put(parameter.qmpName(), value(parameter));
      }
    }
    return map;
  }

  /**
   * These with some changed.
   *
   * @throws IllegalArgumentException that names the first unknown or ill-typed one
   */
  public MigrationParameters with(Map<String, Object> changes) {
    EnumMap<MigrationParameter, Object> changed = new EnumMap<>(values);
    changes.forEach(
        (name, value) -> {
          MigrationParameter parameter = MigrationParameter.named(name);
          if (parameter == null) {
            throw new IllegalArgumentException("unknown migration parameter '" + name + "'");
          }
          changed.put(parameter, parameter.read(value));
        });
    return new MigrationParameters(changed);
  }

  private Object value(MigrationParameter parameter) {
    return values.getOrDefault(parameter, parameter.standard());
  }

  private long number(MigrationParameter parameter) {
    return (Long) value(parameter);
  }

  private boolean on(MigrationParameter parameter) {
    return (Boolean) value(parameter);
  }

  private String word(MigrationParameter parameter) {
    return (String) value(parameter);
  }
}
