package aerostat.tools.fuzz;

import aerostat.tools.fuzz.device.UserDeviceClass;
import aerostat.vmm.cli.DriverChoice;
import aerostat.vmm.image.Flavour;
import java.util.List;
import picocli.CommandLine.TypeConversionException;

/** A guest's setup as lines {@code key: value}: for findings, and for processes of an engine. */
public final class SetupText {
  private SetupText() {}

  public static List<String> lines(BootedGuest.Setup setup) {
    return List.of(
        "memory: " + setup.memory(),
        "append: " + setup.append(),
        "flavour: " + setup.flavour(),
        "driver: " + setup.driver(),
        "device-class: " + setup.device().name(),
        "class-path: " + setup.device().path());
  }

  /**
   * Lines that are none of a setup's are left out; what is missing is as by default.
   *
   * @throws IllegalArgumentException for a value that cannot be read
   */
  public static BootedGuest.Setup parse(List<String> lines) {
    BootedGuest.Setup plain = BootedGuest.Setup.DEFAULT;
    String driver = value(lines, "driver", "");
    try {
      if (!driver.isEmpty()) {
        var unused = DriverChoice.parse(driver);
      }
    } catch (TypeConversionException e) {
      throw new IllegalArgumentException("driver: " + e.getMessage(), e);
    }
    return new BootedGuest.Setup(
        Long.parseLong(value(lines, "memory", Long.toString(plain.memory()))),
        value(lines, "append", plain.append()),
        Flavour.valueOf(value(lines, "flavour", plain.flavour().name())),
        plain.packed(),
        driver,
        new UserDeviceClass(value(lines, "device-class", ""), value(lines, "class-path", "")));
  }

  private static String value(List<String> lines, String key, String otherwise) {
    String start = key + ": ";
    return lines.stream()
        .filter(line -> line.startsWith(start))
        .findFirst()
        .map(line -> line.substring(start.length()))
        .orElse(otherwise);
  }
}
