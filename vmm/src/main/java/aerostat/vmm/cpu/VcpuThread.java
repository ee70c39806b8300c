package aerostat.vmm.cpu;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The host thread of a vCPU: rests, runs one session when asked, rests again. */
final class VcpuThread {
  /**
   * A stop usually comes within this time, and waiting for it awake saves a wake-up. Longer would
   * cost more than it saves where both threads share a processor.
   */
  private static final long SPIN_NANOS = 30_000;

  private static final long LOOK_NANOS = 20_000_000;

  private static final Logger log = LoggerFactory.getLogger(VcpuThread.class);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Runnable session;
  private final Thread thread;
  private boolean wanted;
  private boolean closed;
  private volatile boolean atRest = true;

  /** Who does the vCPU's work: the thread, or one that stands in for it. */
  private volatile Thread worker;

  /**
   * Starts the thread, at rest.
   *
   * @param session runs from one rest to the next; what it throws is logged, and it rests
   */
  VcpuThread(String name, long stackBytes, Runnable session) {
    this.session = session;
    thread = Thread.ofPlatform().daemon().name(name).stackSize(stackBytes).unstarted(this::loop);
    worker = thread;
    thread.start();
  }

  /** From here on the calling thread is the vCPU's. Only at rest. */
  void adopt() {
    worker = Thread.currentThread();
  }

  void run() {
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the vCPU is closed");
      }
      wanted = true;
      atRest = false;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void wake() {
    LockSupport.unpark(worker);
  }

  boolean atRest() {
    return atRest;
  }

  boolean isCurrent() {
    return Thread.currentThread() == worker;
  }

  void awaitRest() {
    awaitRest(() -> true);
  }

  /**
   * Waits until it rests.
   *
   * @param hope looked at now and then; once it is gone, so is the wait
   * @return whether it rests
   */
  boolean awaitRest(BooleanSupplier hope) {
    if (isCurrent()) {
      return false;
    }
    long spinUntil = System.nanoTime() + SPIN_NANOS;
    while (!atRest && System.nanoTime() < spinUntil) {
      Thread.onSpinWait();
    }
    lock.lock();
    try {
      while (!atRest && hope.getAsBoolean()) {
        awaitChange();
      }
      return atRest;
    } finally {
      lock.unlock();
    }
  }

  private void awaitChange() {
    try {
      var unused = changed.awaitNanos(LOOK_NANOS);
    } catch (InterruptedException e) {
      changed.awaitUninterruptibly();
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the thread after its session; the caller has asked the session to end. */
  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    worker = thread;
    wake();
    awaitRest();
  }

  private void loop() {
    lock.lock();
    try {
      while (!closed) {
        if (!wanted) {
          changed.awaitUninterruptibly();
          continue;
        }
        wanted = false;
        lock.unlock();
        try {
          session.run();
        } catch (RuntimeException | Error e) {
          log.error("the vCPU's session failed", e);
        } finally {
          lock.lock();
        }
        if (!wanted) {
          atRest = true;
          changed.signalAll();
        }
      }
    } finally {
      atRest = true;
      changed.signalAll();
      lock.unlock();
    }
  }
}
