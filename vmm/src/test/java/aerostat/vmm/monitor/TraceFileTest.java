package aerostat.vmm.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code x-trace} writes to, and what it does not. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TraceFileTest {
  @TempDir Path folder = Path.of("unset");

  @Test
  void aNewFileEndsTheOneBefore() throws Exception {
    TraceFile trace = new TraceFile();
    Path first = folder.resolve("first");
    Path second = Files.writeString(folder.resolve("second"), "of another run\n");
    trace.start(first);
    trace.event("a");
    trace.start(second);
    trace.event("b");
    trace.close();
    trace.event("c");

    assertThat(trace.on()).isFalse();
    assertThat(first).hasContent("a\n");
    assertThat(second).hasContent("b\n");
  }

  @Test
  void aPipeIsRefusedAndTheTraceGoesOn() throws Exception {
    Path pipe = folder.resolve("pipe");
    assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0);
    CommandTable table = new CommandTable();
    TraceFile trace = new TraceFile();
    TraceCommands.addTo(table, trace);
    Path file = folder.resolve("file");
    table.execute("x-trace", Map.of("enable", true, "path", file.toString()));

    assertThatThrownBy(
            () -> table.execute("x-trace", Map.of("enable", true, "path", pipe.toString())))
        .isInstanceOf(QmpException.class)
        .hasMessage("cannot write the trace: " + pipe + ": it is no regular file");

    trace.event("still there");
    table.execute("x-trace", Map.of("enable", false));
    assertThat(file).hasContent("still there\n");
  }
}
