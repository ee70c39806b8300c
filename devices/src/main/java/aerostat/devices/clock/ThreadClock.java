package aerostat.devices.clock;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A clock with a thread of its own that fires timers in real time, under the machine lock. While
 * parked nothing fires.
 */
public final class ThreadClock implements DeviceClock, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ThreadClock.class);

  /** Guest time may jump when the VM goes on elsewhere; so no wait is longer than this. */
  private static final long LONGEST_WAIT_NANOS = 1_000_000_000L;

  private final DrivenClock timers;
  private final ReentrantLock lock;
  private final Condition moved;
  private final Thread thread;
  private boolean parked;
  private boolean closed;

  /**
   * @param now guest monotonic ns; called with the lock held
   * @param wallSeconds seconds since 1970
   */
  public ThreadClock(
      String threadName, ReentrantLock machineLock, LongSupplier now, LongSupplier wallSeconds) {
    lock = machineLock;
    moved = machineLock.newCondition();
    timers = new DrivenClock(now, wallSeconds);
    timers.onDeadlineMoved(this::wake);
    thread = Thread.ofPlatform().daemon().name(threadName).start(this::run);
  }

  @Override
  public long now() {
    return timers.now();
  }

  @Override
  public long wallSeconds() {
    return timers.wallSeconds();
  }

  @Override
  public Timer timer(Runnable expired) {
    lock.lock();
    try {
      return timers.timer(expired);
    } finally {
      lock.unlock();
    }
  }

  /** Nothing fires after the return until {@link #unpark}; the VM is stopped. Idempotent. */
  public void park() {
    setParked(true);
  }

  /** Timers fire again; what is due fires at once. */
  public void unpark() {
    setParked(false);
  }

  private void setParked(boolean value) {
    lock.lock();
    try {
      parked = value;
      moved.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      moved.signalAll();
    } finally {
      lock.unlock();
    }
    boolean interrupted = false;
    while (thread.isAlive() && thread != Thread.currentThread()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void wake() {
    lock.lock();
    try {
      moved.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    lock.lock();
    try {
      while (!closed) {
        long deadline = timers.nextDeadline();
        if (parked || deadline == NEVER) {
          moved.awaitUninterruptibly();
          continue;
        }
        long wait = deadline - timers.now();
        if (wait > 0) {
          await(Math.min(wait, LONGEST_WAIT_NANOS));
        } else {
          runDue();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void runDue() {
    try {
      timers.runDue();
    } catch (RuntimeException bug) {
      log.error("a device timer failed", bug);
    }
  }

  private void await(long nanos) {
    try {
      long left = moved.awaitNanos(nanos);
      log.trace("woken with {} ns left", left);
    } catch (InterruptedException e) {
      log.debug("nobody interrupts the clock; going on");
    }
  }
}
