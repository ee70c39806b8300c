package aerostat.vmm.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Sizes in bytes as QEMU writes them: a number, with K, M, G or T for powers of 1024. */
public final class Size implements ITypeConverter<Long> {
  private static final String SUFFIXES = "KMGT";

  @Override
  public Long convert(String text) {
    try {
      return parse(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(String.valueOf(e.getMessage()));
    }
  }

  /** An IllegalArgumentException names what is wrong. */
  public static long parse(String text) {
    String number = text.strip();
    int shift = 0;
    if (!number.isEmpty()) {
      char last = Character.toUpperCase(number.charAt(number.length() - 1));
      if (last == 'B' && number.length() > 1) {
        throw wrong(text);
      }
      int suffix = SUFFIXES.indexOf(last);
      if (suffix >= 0) {
        shift = 10 * (suffix + 1);
        number = number.substring(0, number.length() - 1);
      }
    }
    if (!number.matches("[0-9]{1,19}")) {
      throw wrong(text);
    }
    try {
      long value = Long.parseLong(number);
      if (value > Long.MAX_VALUE >> shift) {
        throw new IllegalArgumentException("'" + text + "' is too large a size");
      }
      return value << shift;
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' is too large a size", e);
    }
  }

  private static IllegalArgumentException wrong(String text) {
    return new IllegalArgumentException(
        "'" + text + "' is not a size; write bytes, or a number with K, M, G or T, as in 512M");
  }

  /** For people: the largest unit that gives a whole number, or one decimal. */
  public static String show(long bytes) {
    String[] units = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    int unit = 0;
    double value = bytes;
    while (Math.abs(value) >= 1024 && unit < units.length - 1) {
      value /= 1024;
      unit++;
    }
    return value == Math.rint(value)
        ? (long) value + " " + units[unit]
        : String.format(java.util.Locale.ROOT, "%.1f %s", value, units[unit]);
  }
}
