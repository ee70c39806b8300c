package aerostat.vmm.migration;

import aerostat.vmm.machine.Sabotage;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What {@code migrate-set-parameters} sets; a migration reads them as it goes.
 *
 * @param maxBandwidth bytes a second, 0: no limit; not applied once the guest is paused
 * @param downtimeLimit ms that the guest may stand still by forecast
 * @param hinting whether free page hinting is used where the guest offers it
 * @param hintWait ms that the first round may wait for the guest's hints to end
 * @param maxRounds after so many rounds the guest is stopped whatever remains
 * @param verify compare checksums of all pages before the destination says READY
 * @param sabotage word of an error planted on purpose, test builds only; empty for none
 */
record MigrationParameters(
    long maxBandwidth,
    int downtimeLimit,
    boolean hinting,
    int hintWait,
    int maxRounds,
    boolean verify,
    String sabotage) {
  static final MigrationParameters DEFAULT =
      new MigrationParameters(0, 300, true, 50, 30, false, "");

  private static final Set<String> SABOTAGE =
      Stream.concat(Stream.of(""), Arrays.stream(Sabotage.values()).map(Sabotage::word))
          .collect(Collectors.toCollection(LinkedHashSet::new));
  private static final String TEST_BUILD = "aerostat.testbuild";

  /** As QMP shows them. */
  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("max-bandwidth", maxBandwidth);
    map.put("downtime-limit", downtimeLimit);
    map.put("x-hinting", hinting);
    map.put("x-hint-wait", hintWait);
    map.put("x-max-rounds", maxRounds);
    map.put("x-verify", verify);
    if (Boolean.getBoolean(TEST_BUILD)) {
      map.put("x-sabotage", sabotage);
    }
    return map;
  }

  /** Whether this error is planted: by the parameter, or for the whole process by its property. */
  boolean sabotaged(Sabotage what) {
    return sabotage.equals(what.word()) || what.planned();
  }

  /**
   * These with some changed.
   *
   * @throws IllegalArgumentException that names the first unknown or ill-typed one
   */
  MigrationParameters with(Map<String, Object> changes) {
    MigrationParameters p = this;
    for (Map.Entry<String, Object> change : changes.entrySet()) {
      p = p.with(change.getKey(), change.getValue());
    }
    return p;
  }

  private MigrationParameters with(String name, Object value) {
    return switch (name) {
      case "max-bandwidth" ->
          new MigrationParameters(
              number(name, value, 0, Long.MAX_VALUE),
              downtimeLimit,
              hinting,
              hintWait,
              maxRounds,
              verify,
              sabotage);
      case "downtime-limit" ->
          new MigrationParameters(
              maxBandwidth,
              (int) number(name, value, 0, 2_000_000),
              hinting,
              hintWait,
              maxRounds,
              verify,
              sabotage);
      case "x-hinting" ->
          new MigrationParameters(
              maxBandwidth,
              downtimeLimit,
              bool(name, value),
              hintWait,
              maxRounds,
              verify,
              sabotage);
      case "x-hint-wait" ->
          new MigrationParameters(
              maxBandwidth,
              downtimeLimit,
              hinting,
              (int) number(name, value, 0, 60_000),
              maxRounds,
              verify,
              sabotage);
      case "x-max-rounds" ->
          new MigrationParameters(
              maxBandwidth,
              downtimeLimit,
              hinting,
              hintWait,
              (int) number(name, value, 1, 1_000_000),
              verify,
              sabotage);
      case "x-verify" ->
          new MigrationParameters(
              maxBandwidth,
              downtimeLimit,
              hinting,
              hintWait,
              maxRounds,
              bool(name, value),
              sabotage);
      case "x-sabotage" ->
          new MigrationParameters(
              maxBandwidth,
              downtimeLimit,
              hinting,
              hintWait,
              maxRounds,
              verify,
              sabotage(name, value));
      default -> throw new IllegalArgumentException("unknown migration parameter '" + name + "'");
    };
  }

  private static String sabotage(String name, Object value) {
    if (!Boolean.getBoolean(TEST_BUILD)) {
      throw new IllegalArgumentException(
          "'" + name + "' is for test builds (system property " + TEST_BUILD + "=true)");
    }
    if (!(value instanceof String word) || !SABOTAGE.contains(word)) {
      throw new IllegalArgumentException("'" + name + "' is " + value + ", known: " + SABOTAGE);
    }
    return word;
  }

  private static boolean bool(String name, Object value) {
    if (value instanceof Boolean b) {
      return b;
    }
    if (value.equals("on") || value.equals("off")) {
      return value.equals("on");
    }
    throw new IllegalArgumentException("'" + name + "' takes on or off, not " + value);
  }

  private static long number(String name, Object value, long low, long high) {
    long number;
    switch (value) {
      case Long n -> number = n;
      case Integer n -> number = n;
      case String s -> number = parse(name, s);
      default -> throw new IllegalArgumentException("'" + name + "' takes a number, not " + value);
    }
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
      long number = Long.parseLong(shift == 0 ? digits : digits.substring(0, digits.length() - 1));
      return Math.multiplyExact(number, 1L << shift);
    } catch (ArithmeticException | NumberFormatException e) {
      throw new IllegalArgumentException(
          "'" + name + "' takes a number, K/M/G allowed, not '" + text + "'", e);
    }
  }
}
