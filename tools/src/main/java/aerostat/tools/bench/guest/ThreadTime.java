package aerostat.tools.bench.guest;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;

/**
 * Processor time that the benchmark's own thread has used. On an idle host that is the time that
 * passes; on a busy one it leaves out the time in which the thread had to wait for a processor.
 */
@AuxCounters(AuxCounters.Type.EVENTS)
@State(Scope.Thread)
public class ThreadTime {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /** Calls of the benchmark in this iteration. */
  public long calls;

  /** What they took. */
  public long nanos;

  private long begin;

  /** Not for callers: JMH calls it. */
  @Setup(Level.Iteration)
  public void begin() {
    calls = 0;
    nanos = 0;
    begin = THREADS.getCurrentThreadCpuTime();
  }

  /** Not for callers: JMH calls it. */
  @TearDown(Level.Iteration)
  public void end() {
    nanos = THREADS.getCurrentThreadCpuTime() - begin;
  }

  /** Time of a call in ns. */
  static double perCall(IterationResult iteration) {
    return score(iteration, "nanos") / score(iteration, "calls");
  }

  private static double score(IterationResult iteration, String counter) {
    Result<?> result = iteration.getSecondaryResults().get(counter);
    if (result == null) {
      throw new IllegalStateException("the benchmark does not count its " + counter);
    }
    return result.getScore();
  }
}
