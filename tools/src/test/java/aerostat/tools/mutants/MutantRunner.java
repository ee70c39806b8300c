package aerostat.tools.mutants;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/**
 * Compiles a mutated copy of one class into a folder of its own, puts that in front of the class
 * path, and runs the one test in a process of its own. Nothing in the build folders changes.
 */
final class MutantRunner {
  /** What became of a mutant. */
  enum Fate {
    /** The test failed, or hung: as it should be. */
    KILLED,
    SURVIVED,
    DOES_NOT_APPLY,
    DOES_NOT_COMPILE,
    NO_SUCH_TEST
  }

  /** A mutant that runs longer hangs, which is noticed as well. */
  private static final long PATIENCE_SECONDS = 60;

  private final Path root;

  MutantRunner(Path root) {
    this.root = root;
  }

  Fate run(Mutant mutant) throws IOException, InterruptedException {
    String mutated = mutant.apply(Files.readString(mutant.sourceFile(root)));
    if (mutated == null) {
      return Fate.DOES_NOT_APPLY;
    }
    Path folder = Files.createTempDirectory("mutant");
    try {
      return compile(mutant, mutated, folder) ? test(mutant, folder) : Fate.DOES_NOT_COMPILE;
    } finally {
      delete(folder);
    }
  }

  private boolean compile(Mutant mutant, String text, Path folder) throws IOException {
    Path source = folder.resolve("source").resolve(mutant.sourceFile(root).getFileName());
    Files.createDirectories(source.getParent());
    Files.writeString(source, text);
    Path classes = Files.createDirectories(folder.resolve("classes"));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<String> options =
        List.of("-proc:none", "-nowarn", "-d", classes.toString(), "-cp", classPath(mutant));
    return compiler
        .getTask(
            new StringWriter(),
            null,
            problem -> {},
            options,
            null,
            compiler.getStandardFileManager(null, null, null).getJavaFileObjects(source))
        .call();
  }

  /** Other modules are jars on this class path; their tests are in their build folders. */
  private String classPath(Mutant mutant) {
    return String.join(
        File.pathSeparator,
        root.resolve(mutant.testModule()).resolve("target/test-classes").toString(),
        root.resolve(mutant.sourceModule()).resolve("target/classes").toString(),
        System.getProperty("java.class.path"));
  }

  private Fate test(Mutant mutant, Path folder) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String argument : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (!argument.startsWith("-javaagent") && !argument.startsWith("-agentlib")) {
        command.add(argument);
      }
    }
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-cp");
    command.add(folder.resolve("classes") + File.pathSeparator + classPath(mutant));
    command.add(MutantMain.class.getName());
    command.add(mutant.selector());
    Process process =
        new ProcessBuilder(command)
            .directory(root.resolve(mutant.testModule()).toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output").toFile())
            .start();
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      return Fate.KILLED;
    }
    return switch (process.exitValue()) {
      case MutantMain.PASSED -> Fate.SURVIVED;
      case MutantMain.FAILED -> Fate.KILLED;
      default -> Fate.NO_SUCH_TEST;
    };
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> walk = Files.walk(folder)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /** Prints the fate of each mutant of a file. */
  public static void main(String[] args) throws Exception {
    MutantRunner runner = new MutantRunner(Path.of(args[0]));
    for (Mutant mutant : Mutant.read(Path.of(args[1]))) {
      System.out.println(runner.run(mutant) + "\t" + mutant.rule() + "\t" + mutant.original());
    }
  }
}
