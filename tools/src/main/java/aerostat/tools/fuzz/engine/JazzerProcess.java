package aerostat.tools.fuzz.engine;

import aerostat.tools.fuzz.SetupText;
import aerostat.tools.fuzz.Watch;
import aerostat.vmm.cli.LogSetup;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Jazzer (com.code-intelligence:jazzer) in a JVM of its own, whose native part is libFuzzer. Its
 * agent counts edges of host classes only; its detectors of Java web bugs are off.
 */
final class JazzerProcess implements JazzerJob.Engine {
  private static final int LONGEST_INPUT = 512;

  private final Process process;
  private final Thread reader;
  private final AtomicInteger findings = new AtomicInteger();

  private JazzerProcess(Process process, int job) {
    this.process = process;
    reader = Thread.ofPlatform().daemon().name("jazzer-" + job).start(() -> read(job));
  }

  /**
   * @param seed of this process
   * @param dictionary libFuzzer's file of words, or null
   */
  static JazzerProcess start(
      FuzzRun run, int job, long seconds, int seed, @Nullable Path dictionary) throws IOException {
    Files.createDirectories(run.findings());
    Path corpus = run.corpus().toAbsolutePath();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xss128m",
            "-XX:+UseSerialGC",
            "-XX:-OmitStackTraceInFastThrow", // a finding is known by the place of its exception
            "-XX:+EnableDynamicAgentLoading",
            "-Xshare:off",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow"));
    property(command, LogSetup.LEVEL, System.getProperty(LogSetup.LEVEL, "ERROR"));
    property(command, JazzerEntry.TARGET, run.kind().label());
    property(command, JazzerEntry.FINDINGS, run.findings().toAbsolutePath().toString());
    property(command, JazzerEntry.SETUP, String.join("\n", SetupText.lines(run.setup())));
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            "com.code_intelligence.jazzer.Jazzer",
            "--target_class=" + JazzerEntry.class.getName(),
            "--instrumentation_includes=" + instrumented(run),
            "--trace=cov",
            "--hooks=false",
            corpus.toString(),
            "-max_total_time=" + seconds,
            "-max_len=" + LONGEST_INPUT,
            "-timeout=" + Watch.LONGEST.toSeconds(),
            "-seed=" + seed,
            "-reload=10",
            "-print_final_stats=1"));
    if (dictionary != null) {
      command.add("-dict=" + dictionary);
    }
    return new JazzerProcess(
        new ProcessBuilder(command)
            .directory(run.findings().toAbsolutePath().toFile())
            .redirectErrorStream(true)
            .start(),
        job);
  }

  /** A user's device is looked at as ours is. */
  private static String instrumented(FuzzRun run) {
    String name = run.setup().device().name();
    int dot = name.lastIndexOf('.');
    String own = dot < 0 ? name : name.substring(0, dot) + ".**";
    return run.kind().instrumented() + (name.isEmpty() ? "" : ":" + own);
  }

  private static void property(List<String> command, String name, String value) {
    command.add("-D" + name + "=" + value);
  }

  private void read(int job) {
    boolean all = "INFO".equals(System.getProperty(LogSetup.LEVEL));
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("FINDING")) {
          findings.incrementAndGet();
        }
        if (all
            || line.startsWith("FINDING")
            || line.startsWith("ERROR")
            || line.startsWith("Exception")
            || line.startsWith("==")
            || line.startsWith("stat::")
            || line.contains("\tDONE")
            || line.contains("\tpulse")) {
          System.out.println(job + ": " + line);
        }
      }
    } catch (IOException ended) {
      // The process is gone; its exit code tells.
    }
  }

  @Override
  public JazzerJob.Outcome await() throws IOException {
    try {
      int code = process.waitFor();
      reader.join();
      return new JazzerJob.Outcome(code, findings.get());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public void close() {
    process.destroy();
  }
}
