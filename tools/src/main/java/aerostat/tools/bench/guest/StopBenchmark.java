package aerostat.tools.bench.guest;

import java.lang.invoke.MethodHandle;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Ten calls above each other and back, with a stop in the innermost or without. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class StopBenchmark {
  /** Whether it stops. */
  @Param({"false", "true"})
  public boolean stop;

  private final RewrittenGuest guest = new RewrittenGuest(Form.VMM);
  private MethodHandle call = NoGuest.CALL;

  /** Not for callers: JMH calls it. */
  @Setup
  public void setUp() {
    call = GuestFunction.bind(guest.find("Frames", "first", long.class, long.class), 5L);
    guest.stop(call, GuestBenchmark.STOPS);
  }

  /** Not for callers: JMH calls it. */
  @TearDown
  public void tearDown() {
    guest.close();
  }

  /** Not for callers: JMH calls it. */
  @Benchmark
  public long call(ThreadTime time) {
    time.calls++;
    return stop ? guest.runWithOneStop(call) : guest.run(call);
  }
}
