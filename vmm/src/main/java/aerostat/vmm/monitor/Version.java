package aerostat.vmm.monitor;

import java.util.LinkedHashMap;
import java.util.Map;

/** Aerostat's version, as {@code query-version}, the greeting and {@code --version} tell it. */
public final class Version {
  public static final int MAJOR = 0;
  public static final int MINOR = 1;
  public static final int MICRO = 0;

  private Version() {}

  public static String text() {
    return MAJOR + "." + MINOR + "." + MICRO;
  }

  /** The member is called {@code qemu} because clients look for that name. */
  static Map<String, Object> map() {
    Map<String, Object> numbers = new LinkedHashMap<>();
    numbers.put("micro", MICRO);
    numbers.put("minor", MINOR);
    numbers.put("major", MAJOR);
    Map<String, Object> version = new LinkedHashMap<>();
    version.put("qemu", numbers);
    version.put("package", "Aerostat " + text());
    return version;
  }
}
