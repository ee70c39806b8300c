package aerostat.tools.stress;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.InProcessCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;

/** Starts jcstress for some seconds and reads what it found. */
public final class Jcstress {
  private static final long TIME_LIMIT_SECONDS = 300;

  private Jcstress() {}

  /**
   * Runs the tests of a package.
   *
   * @param iterations of each, so many ms long
   * @param options more of them
   * @return by simple name
   */
  public static Map<String, TestResult> run(
      Path dir, String testPackage, int iterations, int millis, String... options)
      throws Exception {
    Path log = dir.resolve("jcstress.log");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                "org.openjdk.jcstress.Main",
                "-t=" + testPackage + "\\.",
                "-f=1",
                "-iters=" + iterations,
                "-time=" + millis,
                "-sc=false",
                "-af=NONE",
                // One VM configuration; without this every test runs under a dozen.
                "-jvmArgs=-XX:+UseSerialGC",
                "-r=" + dir));
    command.addAll(List.of(options));
    Process jcstress =
        new ProcessBuilder(command)
            .directory(dir.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      assertThat(jcstress.waitFor(TIME_LIMIT_SECONDS, TimeUnit.SECONDS))
          .as("jcstress ends")
          .isTrue();
    } finally {
      jcstress.destroyForcibly();
    }
    assertThat(jcstress.exitValue()).as(Files.readString(log)).isZero();

    InProcessCollector collector = new InProcessCollector();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(dir, "jcstress-results-*")) {
      for (Path file : files) {
        DiskReadCollector reader = new DiskReadCollector(file.toString(), collector);
        reader.dump();
        reader.close();
      }
    }
    Map<String, TestResult> results = new HashMap<>();
    for (TestResult result : collector.getTestResults()) {
      results.put(result.getName().substring(result.getName().lastIndexOf('.') + 1), result);
    }
    return results;
  }
}
