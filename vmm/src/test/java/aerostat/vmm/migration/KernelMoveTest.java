package aerostat.vmm.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineEvent;
import aerostat.vmm.machine.MachineHost;
import aerostat.vmm.machine.MachineSlot;
import aerostat.vmm.machine.MachineSlot.ExpectedConfig;
import aerostat.vmm.machine.RunState;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The guest kernel itself, with a workload that would notice a lost write. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class KernelMoveTest {
  private static final String APPEND = "workload=kvstore,dirty workload.interval=100";

  /** A console that can be waited for. */
  private static final class Console extends ByteArrayOutputStream {
    @Override
    public synchronized void write(int b) {
      super.write(b);
      notifyAll();
    }

    @Override
    public synchronized void write(byte[] b, int off, int len) {
      super.write(b, off, len);
      notifyAll();
    }

    synchronized String text() {
      return toString(StandardCharsets.ISO_8859_1);
    }

    synchronized void await(String what, int times) throws InterruptedException {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
      while (text().split(java.util.regex.Pattern.quote(what), -1).length - 1 < times) {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          throw new AssertionError("no '" + what + "' on the console:\n" + text());
        }
        TimeUnit.NANOSECONDS.timedWait(this, left);
      }
    }
  }

  private static final class Place implements AutoCloseable {
    final Console console = new Console();
    final MachineSlot slot;
    final MigrationService service;
    final LinkedBlockingQueue<MachineEvent> events = new LinkedBlockingQueue<>();

    Place() {
      this(null);
    }

    Place(@Nullable Path memory) {
      slot = new MachineSlot(ExpectedConfig.NONE, MachineHost.SILENT.withConsole(console), memory);
      service = new MigrationService(slot);
      service.onEvent(events::add);
    }

    Machine machine() {
      return Objects.requireNonNull(slot.machine());
    }

    String await(String one, String other) throws InterruptedException {
      while (true) {
        MachineEvent event = events.poll(40, TimeUnit.SECONDS);
        if (event == null) {
          throw new AssertionError("no end: " + service.query());
        }
        if (event.detail().equals(one) || event.detail().equals(other)) {
          return event.detail();
        }
      }
    }

    @Override
    public void close() {
      service.close();
      slot.clear();
    }
  }

  /** EDGE-26: records in pages that were hinted and written again are all right. */
  @Test
  void kvstoreMovesThereAndBack_withAndWithoutHints() throws Exception {
    try (Place a = new Place();
        Place b = new Place()) {
      Machine first = Machine.builder().memory(64 << 20).append(APPEND).console(a.console).build();
      a.slot.put(first);
      first.start();
      a.console.await("kvstore:", 2);
      Place from = a;
      Place to = b;
      for (int i = 0; i < 4; i++) {
        from.events.clear();
        to.events.clear();
        from.service.setParameters(Map.of("x-hinting", i % 2 == 1, "x-verify", true));
        long time = from.machine().guestTime();
        from.service.migrate(to.service.listen("tcp:127.0.0.1:0"));
        Place source = from;
        assertThat(from.await("completed", "failed"))
            .as(() -> String.valueOf(source.service.query()))
            .isEqualTo("completed");
        to.await("completed", "failed");
        assertThat(from.service.query().get("x-hinted-pages"))
            .asString()
            .matches(i % 2 == 1 ? "[1-9]\\d*" : "0");
        assertThat(to.machine().state()).isEqualTo(RunState.RUNNING);
        assertThat(to.machine().guestTime()).isGreaterThanOrEqualTo(time);
        int seen = to.console.text().split("kvstore:", -1).length - 1;
        to.console.await("kvstore:", seen + 2);
        assertThat(to.console.text()).doesNotContain("LOST").doesNotContain("panic");
        Place swap = from;
        from = to;
        to = swap;
      }
    }
  }

  @Test
  void eachSideHasRamOfItsOwn_theDestinationsMemoryPathDecides(@TempDir Path directory)
      throws Exception {
    Path file = directory.resolve("ram");
    try (Place a = new Place();
        Place b = new Place(file)) {
      Machine first = Machine.builder().memory(16 << 20).console(a.console).build();
      a.slot.put(first);
      first.start();
      a.service.migrate(b.service.listen("tcp:127.0.0.1:0"));
      assertThat(a.await("completed", "failed"))
          .as(() -> String.valueOf(a.service.query()))
          .isEqualTo("completed");
      assertThat(b.machine().config().memoryPath()).isEqualTo(file.toString());
      assertThat(Files.size(file)).isEqualTo(16 << 20);
      assertThatThrownBy(first::resume).isInstanceOf(IllegalStateException.class);
    }
  }
}
