package aerostat.tools.fuzz.engine;

import aerostat.tools.fuzz.Findings;
import aerostat.tools.fuzz.FuzzFinding;
import aerostat.tools.fuzz.FuzzTarget;
import aerostat.tools.fuzz.GuardedTarget;
import aerostat.tools.fuzz.Watch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A use of {@code aerostat fuzz} with the engine of this process. */
final class OwnRun {
  private final FuzzRun run;
  private final Findings findings;
  private final String how;
  private final Watch watch = new Watch();

  /** Written while no input runs, read by another thread while one does. */
  private volatile @Nullable OwnEngine engine;

  private volatile @Nullable GuardedTarget target;

  OwnRun(FuzzRun run) {
    this.run = run;
    findings = new Findings(run.findings(), run.kind().label(), run.setup());
    how = "own engine, seed " + run.seed();
  }

  /**
   * Runs for its time, or up to an input that never ends.
   *
   * @return findings
   */
  int run() {
    try {
      return watch.call(this::search, Watch.LONGEST, this::hung);
    } catch (FuzzFinding beforeAnyInput) {
      return run.keep(beforeAnyInput);
    }
  }

  private int search() throws IOException {
    try (GuardedTarget made = run.kind().make(run.setup())) {
      OwnEngine own = new OwnEngine(made, run.seed());
      target = made;
      engine = own;
      watch.watch(made);
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(run.seconds());
      try {
        own.run(
            run.first(made),
            runs -> System.nanoTime() < until,
            (input, finding) -> found(made, input, finding));
      } finally {
        end(own);
      }
      return findings.count();
    }
  }

  private void found(FuzzTarget fuzzed, byte[] input, FuzzFinding finding) {
    Findings.Kept kept = findings.add(fuzzed, input, finding, how);
    if (kept != null) {
      System.out.println(kept.line(finding));
    }
  }

  /** The thread that runs the input stays in it, so what it held can be read. */
  private int hung(byte[] input, FuzzFinding hang) {
    found(Objects.requireNonNull(target), input, hang);
    try {
      end(Objects.requireNonNull(engine));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return findings.count();
  }

  private void end(OwnEngine own) throws IOException {
    CorpusFolder.write(run.corpus(), own.corpus());
    if (run.exported() != null) {
      CorpusFolder.write(run.exported(), own.corpus());
    }
    System.out.printf(
        "%s: %,d runs, %,d edges of guest code, %,d inputs kept, %d findings%n",
        run.kind().label(), own.runs(), own.edges(), own.corpus().size(), findings.count());
  }
}
