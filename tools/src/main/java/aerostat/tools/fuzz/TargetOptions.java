package aerostat.tools.fuzz;

import aerostat.tools.fuzz.device.UserDeviceClass;
import aerostat.vmm.cli.DriverChoice;
import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options by which a user's own driver or device becomes the target. */
final class TargetOptions {
  @Option(
      names = "--driver",
      paramLabel = "NAME|FILE.java,...",
      converter = DriverChoice.Converter.class,
      description = "The guest's balloon driver, as of `run`; its panics and hangs are findings.")
  private @Nullable DriverChoice driver;

  @Option(
      names = "--device-class",
      paramLabel = "CLASS",
      description = "Target device: a UserDevice of yours at the balloon's window.")
  private String deviceClass = "";

  @Option(
      names = "--class-path",
      paramLabel = "PATH",
      description = "Folders and jars that hold it.")
  private String classPath = "";

  /** As it is passed to processes elsewhere: with absolute paths. */
  String driver() {
    DriverChoice chosen = driver;
    if (chosen == null || chosen.sources().isEmpty()) {
      return chosen == null ? "" : chosen.name();
    }
    return chosen.sources().stream()
        .map(path -> path.toAbsolutePath().toString())
        .collect(Collectors.joining(","));
  }

  UserDeviceClass device() {
    String path =
        Arrays.stream(classPath.split(File.pathSeparator))
            .filter(part -> !part.isEmpty())
            .map(part -> Path.of(part).toAbsolutePath().toString())
            .collect(Collectors.joining(File.pathSeparator));
    return new UserDeviceClass(deviceClass, path);
  }
}
