package aerostat.vmm.migration.control;

import aerostat.vmm.machine.Sabotage;
import aerostat.vmm.migration.wire.WireLimits;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Each parameter that {@code migrate-set-parameters} takes: its name, what it may be, and its
 * default. QEMU's names and units where QEMU has one; {@code docs/migration.md} says what each
 * does.
 */
enum MigrationParameter {
  MAX_BANDWIDTH("max-bandwidth", 0L, new Numbers(0, Long.MAX_VALUE)),
  DOWNTIME_LIMIT("downtime-limit", 300L, new Numbers(0, 2_000_000)),
  MULTIFD_CHANNELS("multifd-channels", 2L, new Numbers(1, WireLimits.MAX_CHANNELS)),
  HINTING("x-hinting", true, new Switch()),
  HINT_WAIT("x-hint-wait", 50L, new Numbers(0, 60_000)),
  DROP_CACHES("x-drop-caches", 0L, new Numbers(0, 3)),
  BITMAP_LOG("x-bitmap-log", "copy", new Words(List.of("copy", "wait"))),
  HINT_FILL("x-hint-fill", false, new Switch()),
  POSTCOPY_HINTS("x-postcopy-hints", false, new Switch()),
  SKIP_UNTOUCHED("x-skip-untouched", true, new Switch()),
  SWITCHOVER("x-switchover", "eager", new Words(List.of("eager", "qemu"))),
  MAX_ROUNDS("x-max-rounds", 0L, new Numbers(0, 1_000_000)),
  TIMEOUT("x-timeout", 0L, new Numbers(0, Integer.MAX_VALUE)),
  TIMEOUT_STRATEGY("x-timeout-strategy", "cancel", new Words(List.of("cancel", "finish"))),
  THROTTLE_TRIGGER_THRESHOLD("throttle-trigger-threshold", 50L, new Numbers(1, 100)),
  CPU_THROTTLE_INITIAL("cpu-throttle-initial", 20L, new Numbers(1, 99)),
  CPU_THROTTLE_INCREMENT("cpu-throttle-increment", 10L, new Numbers(1, 99)),
  CPU_THROTTLE_TAILSLOW("cpu-throttle-tailslow", false, new Switch()),
  MAX_CPU_THROTTLE("max-cpu-throttle", 99L, new Numbers(1, 99)),
  TLS_CREDS("tls-creds", "", new Text()),
  TLS_HOSTNAME("tls-hostname", "", new Text()),
  VERIFY("x-verify", false, new Switch()),
  SABOTAGE("x-sabotage", "", new PlantedError());

  /** What a value may be. */
  private sealed interface Kind {
    Object read(String name, Object value);
  }

  private final String name;
  private final Object standard;
  private final Kind kind;

  MigrationParameter(String name, Object standard, Kind kind) {
    this.name = name;
    this.standard = standard;
    this.kind = kind;
  }

  /** Of QMP. */
  String qmpName() {
    return name;
  }

  /** A Long, a Boolean or a String. */
  Object standard() {
    return standard;
  }

  /**
   * A value as QMP or a command line gives it.
   *
   * @throws IllegalArgumentException with the name and what is allowed
   */
  Object read(Object value) {
    return kind.read(name, value);
  }

  static @Nullable MigrationParameter named(String name) {
    for (MigrationParameter parameter : values()) {
      if (parameter.name.equals(name)) {
        return parameter;
      }
    }
    return null;
  }

  /** Whether {@link #SABOTAGE} may be set at all. */
  static boolean testBuild() {
    return Boolean.getBoolean("aerostat.testbuild");
  }

  private record Numbers(long low, long high) implements Kind {
    @Override
    public Object read(String name, Object value) {
      long number =
          switch (value) {
            case Long n -> n;
            case Integer n -> n;
            case String s -> parse(name, s);
            default ->
                throw new IllegalArgumentException("'" + name + "' takes a number, not " + value);
          };
      if (number < low || number > high) {
        throw new IllegalArgumentException(
            "'" + name + "' is " + number + ", allowed " + low + " to " + high);
      }
      return number;
    }

    private static long parse(String name, String text) {
      String digits = text.toUpperCase(Locale.ROOT);
      int shift =
          digits.endsWith("K") ? 10 : digits.endsWith("M") ? 20 : digits.endsWith("G") ? 30 : 0;
      try {
        long number =
            Long.parseLong(shift == 0 ? digits : digits.substring(0, digits.length() - 1));
        return Math.multiplyExact(number, 1L << shift);
      } catch (ArithmeticException | NumberFormatException e) {
        throw new IllegalArgumentException(
            "'" + name + "' takes a number, K/M/G allowed, not '" + text + "'", e);
      }
    }
  }

  private record Switch() implements Kind {
    @Override
    public Object read(String name, Object value) {
      if (value instanceof Boolean) {
        return value;
      }
      if (value.equals("on") || value.equals("off")) {
        return value.equals("on");
      }
      throw new IllegalArgumentException("'" + name + "' takes on or off, not " + value);
    }
  }

  private record Words(List<String> allowed) implements Kind {
    @Override
    public Object read(String name, Object value) {
      if (value instanceof String word && allowed.contains(word)) {
        return word;
      }
      throw new IllegalArgumentException("'" + name + "' is " + value + ", known: " + allowed);
    }
  }

  private record Text() implements Kind {
    @Override
    public Object read(String name, Object value) {
      if (value instanceof String) {
        return value;
      }
      throw new IllegalArgumentException("'" + name + "' takes text, not " + value);
    }
  }

  private record PlantedError() implements Kind {
    private static final List<String> WORDS =
        Stream.concat(Stream.of(""), Arrays.stream(Sabotage.values()).map(Sabotage::word)).toList();

    @Override
    public Object read(String name, Object value) {
      if (!testBuild()) {
        throw new IllegalArgumentException(
            "'" + name + "' is for test builds (system property aerostat.testbuild=true)");
      }
      return new Words(WORDS).read(name, value);
    }
  }
}
