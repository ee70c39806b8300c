package aerostat.tools.bench.queue;

import aerostat.tools.bench.stats.Benchmark;
import aerostat.tools.bench.stats.Output;
import aerostat.tools.bench.stats.Report;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code aerostat bench queue}. */
@Command(
    name = "queue",
    description = {
      "Measures what a buffer's way through a virtqueue and back takes.",
      "The guest kernel's rings run on a vCPU, the device's on a thread: split and packed, one",
      "buffer at a time and streaming, polling and with notifications.",
      ""
    },
    footer = {
      "",
      "Each case runs in a JVM of its own, in rounds; with --ringtest the same load of Linux's",
      "ringtest runs right after it, and a ratio is taken within a round. Needs two processors.",
      "",
      "  aerostat bench queue --ringtest linux/tools/virtio/ringtest",
      "  aerostat bench queue --runs 2 --cases SPLIT,PACKED           a quick look",
      "",
      "Goals: SPLIT and SPLIT_STREAM at most 1.3 times ringtest's virtio_ring_0_9, stretch 1.0."
    })
public final class QueueCommand extends Benchmark {
  private static final RingDevice.Schedule SCHEDULE =
      new RingDevice.Schedule(1_000_000_000, 40_000_000, 11);

  @Option(names = "--runs", paramLabel = "N", description = "Rounds. Default 7.")
  private int rounds = 7;

  @Option(
      names = "--cases",
      split = ",",
      paramLabel = "NAME",
      description = "Only these: ${COMPLETION-CANDIDATES}.")
  private List<QueueCase> cases = Arrays.asList(QueueCase.values());

  @Option(
      names = "--ringtest",
      paramLabel = "DIR",
      description = "Directory with built programs of Linux's tools/virtio/ringtest.")
  private @Nullable Path ringtest;

  @Option(
      names = "--cpus",
      split = ",",
      paramLabel = "N",
      description =
          "Processors to bind the guest's and the device's thread to. Default 0,1; any: none.")
  private List<String> cpus = List.of("0", "1");

  @Override
  protected Report measure() throws IOException {
    require(rounds >= 1, "--runs " + rounds + ": at least 1");
    boolean free = cpus.equals(List.of("any"));
    require(
        free || (cpus.size() == 2 && cpus.stream().allMatch(c -> c.matches("[0-9]{1,3}"))),
        "--cpus " + String.join(",", cpus) + ": two processors, or any");
    for (String cpu : free ? List.<String>of() : cpus) {
      require(Affinity.permits(Integer.parseInt(cpu)), "--cpus " + cpu + ": not on this host");
    }
    List<Ringtest> ringtests = ringtest == null ? List.of() : Ringtest.in(ringtest);
    require(
        ringtest == null || !ringtests.isEmpty(),
        "--ringtest " + ringtest + ": no " + String.join(" or ", Ringtest.NAMES) + " there");
    return new QueueBench(
            new QueueBench.Effort(
                rounds,
                SCHEDULE,
                free ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(cpus.get(0))),
                free ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(cpus.get(1))),
                cases,
                ringtests),
            Output::progress)
        .run();
  }
}
