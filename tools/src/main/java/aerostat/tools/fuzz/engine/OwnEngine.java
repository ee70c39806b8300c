package aerostat.tools.fuzz.engine;

import aerostat.tools.fuzz.FuzzFinding;
import aerostat.tools.fuzz.FuzzLog;
import aerostat.tools.fuzz.FuzzTarget;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.function.LongPredicate;

/**
 * Mutates what reached something new: a small engine without native parts, deterministic by its
 * seed, for short runs and for where Jazzer cannot go.
 */
public final class OwnEngine {
  private final FuzzTarget target;
  private final SplittableRandom random;
  private final Mutator mutator;
  private final Coverage coverage;
  private final List<byte[]> corpus = new ArrayList<>();
  private long runs;

  public OwnEngine(FuzzTarget target, long seed) {
    this.target = target;
    random = new SplittableRandom(seed);
    mutator = new Mutator(random, target.dictionary());
    coverage = new Coverage(target.edges().length);
  }

  /** Inputs that reached something new, in the order in which they did. */
  public List<byte[]> corpus() {
    return List.copyOf(corpus);
  }

  public long runs() {
    return runs;
  }

  /** Edges of guest code that were passed. */
  public int edges() {
    return coverage.edges();
  }

  /**
   * Runs the first inputs, then new ones.
   *
   * @param goOn asked before each run, with the number of runs so far
   * @param finding told of each input that broke a property
   */
  public void run(
      Iterable<byte[]> first, LongPredicate goOn, BiConsumer<byte[], FuzzFinding> finding) {
    for (byte[] input : first) {
      execute(input, finding);
    }
    if (corpus.isEmpty()) {
      corpus.add(new byte[0]);
    }
    while (goOn.test(runs)) {
      // The newest inputs more often: what was found last has been mutated least.
      int back = Math.min(random.nextInt(corpus.size()), random.nextInt(corpus.size()));
      byte[] parent = corpus.get(corpus.size() - 1 - back);
      execute(mutator.mutate(parent, corpus), finding);
    }
  }

  private void execute(byte[] input, BiConsumer<byte[], FuzzFinding> finding) {
    runs++;
    try {
      target.run(input, FuzzLog.OFF);
      if (coverage.take(target.edges())) {
        corpus.add(input);
      }
    } catch (FuzzFinding found) {
      coverage.take(target.edges());
      finding.accept(input, found);
    }
  }
}
