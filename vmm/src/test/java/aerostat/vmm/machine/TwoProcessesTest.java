package aerostat.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The same image, seed and script give the same run in another process. */
final class TwoProcessesTest {
  private static final String RESULT = "RESULT ";

  /** Runs the guest and prints what came out, on one line. */
  public static void main(String[] arguments) {
    System.out.println(RESULT + run());
  }

  private static String run() {
    try (ScriptedGuest guest = ScriptedGuest.boot()) {
      guest.runTo(Long.MAX_VALUE);
      return "%s polls=%d console=%08x trace=%08x of %d lines"
          .formatted(
              guest.hash(),
              guest.machine().polls(),
              guest.console().hashCode(),
              guest.trace().hashCode(),
              guest.trace().size());
    }
  }

  @Test
  void sameRunTwiceAndInAnotherProcess() throws Exception {
    String here = run();
    assertThat(run()).isEqualTo(here);
    assertThat(elsewhere()).contains(RESULT + here);
  }

  private static String elsewhere() throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    // Another compiler and collector than here, where there is one: neither is part of the machine.
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-XX:+UseSerialGC");
    command.add("-cp");
    command.add(ManagementFactory.getRuntimeMXBean().getClassPath());
    command.add(TwoProcessesTest.class.getName());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      byte[] output = process.getInputStream().readAllBytes();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      return new String(output, StandardCharsets.UTF_8);
    } finally {
      process.destroyForcibly();
    }
  }
}
