package aerostat.vmm.faults;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Which faults, how often: {@code KEY=VALUE,…}. Probabilities are from 0 to 1, times in ns.
 *
 * @param loseNotify a notification of the driver is lost
 * @param lateNotify one comes {@link #delay} late
 * @param loseIrq an interrupt of the device is lost: it stays pending, and the next may be seen
 * @param lateIrq one comes late
 * @param delay how late
 * @param slow how much later the device looks at each notification, 0: at once
 * @param ring most entries of a queue, 0: as the device has them
 * @param failAlloc an allocation of the guest that may fail does so (fail_page_alloc); whole
 *     percents
 * @param seed of all choices but those of failed allocations, which are the guest's own
 */
public record FaultSpec(
    double loseNotify,
    double lateNotify,
    double loseIrq,
    double lateIrq,
    long delay,
    long slow,
    int ring,
    double failAlloc,
    long seed) {
  /** Longest time, an hour: a later notification is a lost one. */
  private static final long LONGEST = 3_600_000_000_000L;

  /** Nothing goes wrong. */
  public static final FaultSpec NONE = new FaultSpec(0, 0, 0, 0, 1_000_000, 0, 0, 0, 1);

  private enum Key {
    LOSE_NOTIFY,
    LATE_NOTIFY,
    LOSE_IRQ,
    LATE_IRQ,
    DELAY,
    SLOW,
    RING,
    FAIL_ALLOC,
    SEED;

    String word() {
      return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * Reads the text of an option.
   *
   * @throws IllegalArgumentException says what to write instead
   */
  public static FaultSpec parse(String text) {
    FaultSpec spec = NONE;
    for (String part : text.split(",", -1)) {
      int equals = part.indexOf('=');
      String word = equals < 0 ? part : part.substring(0, equals);
      String value = equals < 0 ? "" : part.substring(equals + 1);
      spec = spec.with(key(word), word, value);
    }
    return spec;
  }

  private static Key key(String word) {
    for (Key key : Key.values()) {
      if (key.word().equals(word)) {
        return key;
      }
    }
    throw new IllegalArgumentException(
        "there is no fault '"
            + word
            + "'; there are "
            + Arrays.stream(Key.values()).map(Key::word).collect(Collectors.joining(", ")));
  }

  private FaultSpec with(Key key, String word, String value) {
    double share = key == Key.LOSE_NOTIFY ? share(word, value) : loseNotify;
    double late = key == Key.LATE_NOTIFY ? share(word, value) : lateNotify;
    double irq = key == Key.LOSE_IRQ ? share(word, value) : loseIrq;
    double lateInterrupt = key == Key.LATE_IRQ ? share(word, value) : lateIrq;
    double alloc = key == Key.FAIL_ALLOC ? wholeShare(word, value) : failAlloc;
    return new FaultSpec(
        share,
        late,
        irq,
        lateInterrupt,
        key == Key.DELAY ? time(word, value) : delay,
        key == Key.SLOW ? time(word, value) : slow,
        key == Key.RING ? (int) number(word, value, 1, 32768) : ring,
        alloc,
        key == Key.SEED ? number(word, value, Long.MIN_VALUE, Long.MAX_VALUE) : seed);
  }

  /** {@code 5%}, {@code 0.5%}, {@code 100%}. */
  private static double share(String word, String value) {
    if (value.matches("[0-9]{1,3}(\\.[0-9]{1,3})?%")) {
      double percent = Double.parseDouble(value.substring(0, value.length() - 1));
      if (percent <= 100) {
        return percent / 100;
      }
    }
    throw new IllegalArgumentException("'" + value + "' for " + word + ": write a share, as 5%");
  }

  /** {@code 5%}: Linux's fail_page_alloc knows no parts of a percent. */
  private static double wholeShare(String word, String value) {
    double share = share(word, value);
    if (value.contains(".")) {
      throw new IllegalArgumentException(
          "'" + value + "' for " + word + ": write whole percents, as 5%");
    }
    return share;
  }

  /** {@code 200us}, {@code 5ms}, {@code 1s}. */
  private static long time(String word, String value) {
    if (value.matches("[0-9]{1,9}(us|ms|s)")) {
      String unit = value.replaceAll("[0-9]", "");
      long count = Long.parseLong(value.substring(0, value.length() - unit.length()));
      long nanos =
          count
              * switch (unit) {
                case "us" -> 1_000L;
                case "ms" -> 1_000_000L;
                default -> 1_000_000_000L;
              };
      if (nanos <= LONGEST) {
        return nanos;
      }
    }
    throw new IllegalArgumentException(
        "'" + value + "' for " + word + ": write a time up to an hour, as 200us, 5ms or 1s");
  }

  private static long number(String word, String value, long least, long most) {
    try {
      long number = Long.parseLong(value);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // As out of range.
    }
    throw new IllegalArgumentException(
        "'" + value + "' for " + word + ": write a number from " + least + " to " + most);
  }

  /** What the guest's command line needs for its part; empty for nothing. */
  public String appended() {
    // interval, probability in percent, space, times: as Linux has it.
    long percent = Math.round(failAlloc * 100);
    return percent == 0 ? "" : "fail_page_alloc=1," + percent + ",0,-1";
  }
}
