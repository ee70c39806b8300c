package aerostat.tools.fuzz.planted;

import aerostat.vmm.cli.LogSetup;
import aerostat.vmm.image.GuestImage;
import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/**
 * A folder with the compiled copy of one class that has a defect. In front of the class path it
 * makes a program with that defect; sources and build folders stay as they are. So no product class
 * has a switch for it, and it takes a source tree to plant anything.
 */
final class PlantedClasses implements AutoCloseable {
  private static final String LAUNCHER = "aerostat.launcher";

  private final Path folder;

  private PlantedClasses(Path folder) {
    this.folder = folder;
  }

  /**
   * @throws IOException if there is no source tree, or the defect does not fit it
   */
  static PlantedClasses compile(Defect defect) throws IOException {
    Path source = defect.sourceFile(sourceTree());
    String planted = defect.apply(Files.readString(source));
    if (planted == null) {
      throw new IOException(defect.name() + ": its place is not once in " + source);
    }
    PlantedClasses classes = new PlantedClasses(Files.createTempDirectory("aerostat-planted"));
    try {
      if (defect.inGuest()) {
        classes.copyGuest();
      }
      classes.compile(source.getFileName().toString(), planted);
      return classes;
    } catch (IOException | RuntimeException e) {
      classes.close();
      throw e;
    }
  }

  /** The folder that holds pom.xml: the launcher's, or one above the working directory. */
  static Path sourceTree() throws IOException {
    String launcher = System.getProperty(LAUNCHER);
    Path at = Path.of(launcher == null ? "x" : launcher).toAbsolutePath().getParent();
    while (at != null && !Files.exists(at.resolve("docs/fuzz.md"))) {
      at = at.getParent();
    }
    if (at == null) {
      throw new IOException("defects are planted in the sources of Aerostat, and there are none");
    }
    return at;
  }

  private void copyGuest() throws IOException {
    for (Map.Entry<String, byte[]> entry : GuestImage.defaultImage().classes().entrySet()) {
      Path file = classes().resolve(entry.getKey() + ".class");
      Files.createDirectories(file.resolveSibling("."));
      Files.write(file, entry.getValue());
    }
  }

  private void compile(String fileName, String text) throws IOException {
    Files.createDirectories(classes());
    Path source = Files.writeString(folder.resolve(fileName), text);
    StringWriter messages = new StringWriter();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    boolean good =
        compiler
            .getTask(
                messages,
                null,
                null,
                List.of("-proc:none", "-nowarn", "-d", classes().toString(), "-cp", ownClassPath()),
                null,
                compiler.getStandardFileManager(null, null, null).getJavaFileObjects(source))
            .call();
    if (!good) {
      throw new IOException("the planted class does not compile: " + messages);
    }
  }

  private Path classes() {
    return folder.resolve("classes");
  }

  private static String ownClassPath() {
    return System.getProperty("java.class.path");
  }

  /** The command of a JVM with the defect, up to the main class and its arguments. */
  List<String> java() {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx512m",
                "-Xshare:auto",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow"));
    command.add("-D" + LogSetup.LEVEL + "=" + System.getProperty(LogSetup.LEVEL, "OFF"));
    command.addAll(List.of("-cp", classes() + File.pathSeparator + ownClassPath()));
    return command;
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> walk = Files.walk(folder)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
