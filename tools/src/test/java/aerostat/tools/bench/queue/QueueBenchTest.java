package aerostat.tools.bench.queue;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.tools.bench.stats.Disturbance;
import aerostat.tools.bench.stats.Verdict;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class QueueBenchTest {
  private static final RingDevice.Schedule SHORT = new RingDevice.Schedule(0, 1_000_000, 2);

  @ParameterizedTest
  @EnumSource(
      value = QueueCase.class,
      names = {"SPLIT_STREAM", "PACKED", "DEVICE", "EVENT", "PACKED_EVENT_STREAM"})
  void theGuestSendsItsBuffersOnEveryWay(QueueCase what) {
    try (RingMachine machine =
        new RingMachine(what, SHORT, OptionalInt.empty(), OptionalInt.empty())) {
      assertThat(machine.run(Duration.ofSeconds(60)))
          .hasSize(SHORT.runs())
          .allMatch(nanos -> nanos > 0);
    }
  }

  @Test
  void ringtestGetsTheSameLoad(@TempDir Path dir) throws Exception {
    Path program = dir.resolve("virtio_ring_0_9");
    Path seen = dir.resolve("seen");
    Files.writeString(program, "#!/bin/sh\necho \"$@\" >>" + seen + "\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));

    List<Ringtest> found = Ringtest.in(dir);
    assertThat(found).extracting(Ringtest::name).containsExactly("virtio_ring_0_9");
    var unused = found.get(0).measure(QueueCase.EVENT_STREAM, OptionalInt.of(0), OptionalInt.of(1));

    assertThat(Files.readAllLines(seen))
        .hasSize(2)
        .allMatch(
            line ->
                line.startsWith(
                    "--ring-size=256 --sleep --batch=16 --guest-affinity=0 --host-affinity=1"
                        + " --run-cycles="));
  }

  @Test
  void ratiosAreTakenWithinARound() {
    QueueReport report = new QueueReport(List.of(QueueCase.SPLIT), new Disturbance());
    report.add(QueueCase.SPLIT, new QueueReport.Pair(100, 100));
    report.add(QueueCase.SPLIT, new QueueReport.Pair(240, 200));
    report.add(QueueCase.SPLIT, new QueueReport.Pair(420, 300));

    assertThat(report.goals()).as("by the bound, 1.4").noneMatch(Verdict::met);
    assertThat(report.toTable())
        .contains("split, round trip", "240 [100, 420]", "1.20 [1.00, 1.40]", "3 rounds");
  }

  @Test
  void aRingtestThatHangsCostsOnlyItsOwnFigure(@TempDir Path dir) throws Exception {
    Path program = dir.resolve("virtio_ring_0_9");
    Path seen = dir.resolve("seen");
    Files.writeString(program, "#!/bin/sh\necho run >>" + seen + "\nexec cat <" + fifo(dir) + "\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    Ringtest hangs = new Ringtest(dir, "virtio_ring_0_9", Duration.ofMillis(200));
    assertThat(hangs.measure(QueueCase.NOTIFIED, OptionalInt.empty(), OptionalInt.empty())).isNaN();
    assertThat(Files.readAllLines(seen)).hasSizeLessThanOrEqualTo(3);

    QueueReport report = new QueueReport(List.of(QueueCase.SPLIT), new Disturbance());
    report.add(QueueCase.SPLIT, new QueueReport.Pair(100, Double.NaN));
    report.add(QueueCase.SPLIT, new QueueReport.Pair(120, 100));
    assertThat(report.toTable()).contains("1.20 [1.20, 1.20]");
    assertThat(report.goals()).extracting(Verdict::met).containsExactly(true, false);
  }

  /** Who opens it waits for a writer that never comes. */
  private static Path fifo(Path dir) throws Exception {
    Path fifo = dir.resolve("fifo");
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
    return fifo;
  }
}
