package aerostat.vmm.cli;

import aerostat.vmm.driver.DriverRefusedException;
import aerostat.vmm.driver.UserDriver;
import aerostat.vmm.image.GuestImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * {@code --driver}: a variant of the guest's balloon driver by name, or the sources of one.
 *
 * @param name of a variant that the guest has; empty with sources
 * @param sources empty with a name
 */
public record DriverChoice(String name, List<Path> sources) {
  /** The variants of Aerostat's own guest. */
  static final List<String> NAMES =
      List.of(
          "merged",
          "merged-4.20",
          "merged-free-on-stop",
          "walk-v28",
          "reporting",
          "none",
          "no-balloon",
          "bitmap-2016");

  private static final String PARAM = "virtio_balloon.variant=";

  /** {@code NAME} or {@code FILE.java[,FILE.java]...}. */
  public static final class Converter implements ITypeConverter<DriverChoice> {
    @Override
    public DriverChoice convert(String text) {
      return parse(text);
    }
  }

  /**
   * Takes the option's text apart.
   *
   * @throws TypeConversionException if it names neither a variant nor sources
   */
  public static DriverChoice parse(String text) {
    List<Path> sources = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      if (part.endsWith(".java")) {
        sources.add(Path.of(part));
      }
    }
    if (sources.isEmpty() && NAMES.contains(text)) {
      return new DriverChoice(text, List.of());
    }
    if (sources.isEmpty() || sources.size() != text.split(",", -1).length) {
      throw new TypeConversionException(
          "'" + text + "': write one of " + String.join(", ", NAMES) + ", or FILE.java,...");
    }
    return new DriverChoice("", List.copyOf(sources));
  }

  /** What is added to the guest's command line. */
  public String appendTo(String append) {
    if (name.isEmpty()) {
      return append;
    }
    return append.isEmpty() ? PARAM + name : append + " " + PARAM + name;
  }

  /** The image to boot in place of this one. */
  public GuestImage image(GuestImage base) {
    if (sources.isEmpty()) {
      return base;
    }
    for (Path source : sources) {
      InputFile.require("--driver", source);
    }
    try {
      return UserDriver.addTo(base, sources);
    } catch (DriverRefusedException e) {
      throw new CliException(ExitCode.FAILED, "--driver: " + e.getMessage());
    } catch (IOException e) {
      throw new CliException(ExitCode.UNAVAILABLE, "--driver: " + InputFile.reason(e));
    }
  }
}
