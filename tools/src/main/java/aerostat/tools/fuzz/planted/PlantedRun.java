package aerostat.tools.fuzz.planted;

import aerostat.tools.fuzz.FuzzFinding;
import aerostat.tools.fuzz.GuardedTarget;
import aerostat.tools.fuzz.Watch;
import aerostat.tools.fuzz.engine.OwnEngine;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The process with a defect: the own engine from an empty corpus, up to the first finding. The last
 * line of its output is an {@link Outcome}.
 */
public final class PlantedRun {
  /** An input that takes longer than this hangs: 400 polls and 64 events take a millisecond. */
  private static final Duration LONGEST = Duration.ofSeconds(10);

  private final Defect defect;
  private final long seed;
  private final long seconds;
  private final long executions;
  private final Watch watch = new Watch();
  private volatile long runs;
  private Outcome outcome = Outcome.NOTHING;

  private PlantedRun(Defect defect, long seed, long seconds, long executions) {
    this.defect = defect;
    this.seed = seed;
    this.seconds = seconds;
    this.executions = executions;
  }

  /** What came of a run. */
  record Outcome(String signature, long executions, long millis) {
    static final Outcome NOTHING = new Outcome("", 0, 0);
    private static final String MARK = "OUTCOME\t";

    boolean found() {
      return !signature.isEmpty();
    }

    String line() {
      return MARK + executions + "\t" + millis + "\t" + signature.lines().findFirst().orElse("");
    }

    static Outcome parse(String line) {
      String[] cells = line.split("\t", 4);
      return new Outcome(cells[3], Long.parseLong(cells[1]), Long.parseLong(cells[2]));
    }

    static boolean isOne(String line) {
      return line.startsWith(MARK);
    }
  }

  /**
   * Runs once.
   *
   * @param args name of the defect, seed, most seconds, most executions
   */
  public static void main(String[] args) {
    Defect defect = Defects.named(args[0]).orElseThrow();
    PlantedRun run =
        new PlantedRun(
            defect, Long.parseLong(args[1]), Long.parseLong(args[2]), Long.parseLong(args[3]));
    Outcome outcome =
        run.watch.call(
            run::search,
            LONGEST,
            (input, hang) -> new Outcome(hang.signature(), run.runs + 1, millis()));
    System.out.println(outcome.line());
    System.out.flush();
    Runtime.getRuntime().halt(0);
  }

  private Outcome search() {
    GuardedTarget target;
    try {
      target = defect.kind().make(defect.setup());
    } catch (RuntimeException e) {
      // A guest that does not even boot, or a device that it finds nothing in.
      return new Outcome("boot " + e.getMessage(), 0, millis());
    }
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    OwnEngine engine = new OwnEngine(target, seed);
    watch.watch(target);
    engine.run(
        List.of(),
        count -> {
          runs = count;
          return !outcome.found() && count < executions && System.nanoTime() < until;
        },
        this::found);
    return outcome.found() ? outcome : new Outcome("", engine.runs(), millis());
  }

  private void found(byte[] input, FuzzFinding finding) {
    if (!outcome.found()) {
      outcome = new Outcome(finding.signature(), runs + 1, millis());
    }
  }

  /** Since the start of this process: its own start and the guest's boot are part of the time. */
  private static long millis() {
    return ManagementFactory.getRuntimeMXBean().getUptime();
  }
}
