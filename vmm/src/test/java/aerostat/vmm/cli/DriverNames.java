package aerostat.vmm.cli;

import java.util.List;

/** The names that {@code --driver} knows, for tests of other packages. */
public final class DriverNames {
  private DriverNames() {}

  public static List<String> all() {
    return DriverChoice.NAMES;
  }
}
