package aerostat.tools.processes;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.tools.child.VmmChild;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a guest's end shows in its VMM, whose kernel command line may be anything. */
@Timeout(120)
class GuestEndIT {
  private static final String BRIEF = "workload=mix mix.rounds=1 workload.poweroff=y ";

  @TempDir Path folder = Path.of("unset");

  private int run(String append) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(VmmChild.program());
    command.addAll(List.of("run", "--memory", "32M", "--append", append));
    command.addAll(List.of("--console", "file:" + folder.resolve("console")));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(folder.resolve("stderr").toFile());
    builder.environment().put("AEROSTAT_NO_BUILD", "1");
    Process process = builder.start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("the process ends").isTrue();
      return process.exitValue();
    } finally {
      process.destroyForcibly();
    }
  }

  private String console() throws IOException {
    return Files.readString(folder.resolve("console"), StandardCharsets.ISO_8859_1);
  }

  private String stderr() throws IOException {
    return Files.readString(folder.resolve("stderr"), StandardCharsets.ISO_8859_1);
  }

  @Test
  void aPanicIsCodeFour_itsReasonOneLine_itsBacktraceOnTheConsole() throws Exception {
    assertThat(run("virtio_mmio.device=4K@0x0b000000:2")).isEqualTo(4);

    assertThat(stderr().lines().filter(line -> line.contains("panicked")))
        .singleElement()
        .asString()
        .matches(
            "aerostat run: the guest panicked: read of 4 bytes at 0xb000000: no device, at"
                + " aerostat\\.guest\\.virtio\\.VirtioMmio\\.probe\\(VirtioMmio\\.java:\\d+\\)");
    assertThat(console())
        .contains("Call Trace:")
        .containsPattern("aerostat\\.guest\\.kernel\\.Entry\\.thread\\(Entry\\.java:\\d+\\)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "virtio_mmio.device=garbage|`garbage' invalid for parameter",
        "virtio_mmio.device=4K@0xffffffffffffffff:1 virtio_mmio.device=4K@0x40000000:1|invalid",
        "mix.rounds=-1 touch=99999999999999G resident=-5|`-5' invalid for parameter `resident'",
        "touch=1T|touch: no more memory",
        "=x = == foo|Unknown kernel command line parameters \"foo\", ignored",
        "caf\u00e9=\u00ff|Unknown kernel command line parameters",
      })
  void anAbsurdKernelCommandLineIsReported_andTheGuestGoesOn(String line) throws Exception {
    int bar = line.indexOf('|');

    assertThat(run(BRIEF + line.substring(0, bar))).as(stderr()).isZero();

    assertThat(console()).contains(line.substring(bar + 1)).contains("Power down");
  }
}
