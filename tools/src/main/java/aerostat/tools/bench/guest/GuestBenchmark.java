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

/** One function in one form; every form is called through the same method handle. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class GuestBenchmark {
  /** Stops before {@link Form#STOPPED} is measured. */
  static final int STOPS = 30_000;

  /** The form. */
  @Param public Form form = Form.VMM;

  /** The function. */
  @Param public GuestFunction function = GuestFunction.WALK;

  private GuestCode guest = new NoGuest();
  private MethodHandle call = NoGuest.CALL;

  /** Not for callers: JMH calls it. */
  @Setup
  public void setUp() {
    guest = GuestCode.of(form);
    call = function.bind(guest);
    if (form == Form.STOPPED && guest instanceof RewrittenGuest rewritten) {
      long stops = rewritten.stop(call, STOPS);
      if (stops < STOPS) {
        throw new IllegalStateException(function + " was stopped only " + stops + " times");
      }
    }
  }

  /** Not for callers: JMH calls it. */
  @TearDown
  public void tearDown() {
    guest.close();
  }

  /** Not for callers: JMH calls it. */
  @Benchmark
  public long call(ThreadTime time) throws Throwable {
    time.calls++;
    return (long) call.invokeExact();
  }
}
