package aerostat.tools.fuzz;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What every target has to bear: whatever it throws is a finding, an input allocates no more than a
 * bound, its guest goes back to the snapshot, and others see which input runs. Nothing is allocated
 * for that.
 */
public final class GuardedTarget implements FuzzTarget {
  /** Where a target has no bound of its own. */
  static final long MOST_ALLOCATED = 64L << 20;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final FuzzTarget target;
  private final long mostAllocated;
  private final Thread thread = Thread.currentThread();
  private final @Nullable ResetCheck resets;
  private final AtomicLong runs = new AtomicLong();
  private volatile byte @Nullable [] running;

  /**
   * @param target to be run by the calling thread
   */
  public GuardedTarget(FuzzTarget target) {
    this(target, MOST_ALLOCATED);
  }

  /**
   * @param mostAllocated bytes, by the thread that runs an input
   */
  GuardedTarget(FuzzTarget target, long mostAllocated) {
    this.target = target;
    this.mostAllocated = mostAllocated;
    BootedGuest guest = target.guest();
    resets = guest == null ? null : new ResetCheck(guest);
  }

  @Override
  public void run(byte[] input, FuzzLog log) {
    FuzzFinding broken = attempt(input, log);
    if (resets != null) {
      FuzzFinding left = resets.after(input, this::again);
      broken = left == null ? broken : left; // the other comes again
    }
    if (broken != null) {
      throw broken;
    }
  }

  private @Nullable FuzzFinding attempt(byte[] input, FuzzLog log) {
    runs.setRelease(runs.getPlain() + 1);
    running = input;
    long before = THREADS.getCurrentThreadAllocatedBytes();
    try {
      target.run(input, log);
    } catch (Throwable thrown) {
      return FuzzFinding.of(thrown);
    } finally {
      running = null;
    }
    if (THREADS.getCurrentThreadAllocatedBytes() - before > mostAllocated) {
      return new FuzzFinding("memory", "more than " + (mostAllocated >> 20) + " MiB for an input");
    }
    return null;
  }

  /** Its edges were counted before. */
  private void again(byte[] input) {
    var unused = attempt(input, FuzzLog.OFF);
    Arrays.fill(target.edges(), (byte) 0);
  }

  @Override
  public void compareEachReset(boolean on) {
    if (resets != null) {
      resets.each(on, this::again);
    }
  }

  @Override
  public @Nullable BootedGuest guest() {
    return target.guest();
  }

  /** The target itself. */
  FuzzTarget target() {
    return target;
  }

  /** The thread that runs inputs. */
  Thread thread() {
    return thread;
  }

  /** The input that runs now, null between two. For other threads too. */
  byte @Nullable [] running() {
    return running;
  }

  /** Runs begun so far, those of a minimiser included. For other threads too. */
  public long runs() {
    return runs.getAcquire();
  }

  @Override
  public byte[] edges() {
    return target.edges();
  }

  @Override
  public Iterable<byte[]> seeds() {
    return target.seeds();
  }

  @Override
  public List<byte[]> dictionary() {
    return target.dictionary();
  }

  @Override
  public void close() {
    target.close();
  }
}
