package aerostat.mmio.bus;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where device work runs: on the thread that kicks (deterministic machines), or on one I/O thread,
 * but for work so prompt that waking a thread would take longer. Either way a step runs with the
 * machine lock held, and one step does one queue element, so that nobody waits for the lock longer
 * than one element takes.
 *
 * <p>While parked nothing runs and so nothing is popped (DEV-15); kicks are remembered.
 */
public abstract sealed class DeviceExecutor implements AutoCloseable
    permits DeviceExecutor.Inline, DeviceExecutor.Threaded, SteppedExecutor {
  private static final Logger log = LoggerFactory.getLogger(DeviceExecutor.class);

  final ReentrantLock lock;
  final List<Slot> slots = new CopyOnWriteArrayList<>();
  private final RateLimit logLimit = new RateLimit();

  DeviceExecutor(ReentrantLock lock) {
    this.lock = lock;
  }

  /** Runs work at once on the thread that kicks. */
  public static DeviceExecutor inline(ReentrantLock machineLock) {
    return new Inline(machineLock);
  }

  /** Runs work on one daemon thread of this name; starts unparked. */
  public static DeviceExecutor threaded(String threadName, ReentrantLock machineLock) {
    return new Threaded(threadName, machineLock, System::nanoTime);
  }

  /**
   * Runs work only when somebody asks for a step.
   *
   * @param kicked told of each kick, with the number of the slot in the order of registration
   */
  public static SteppedExecutor stepped(ReentrantLock machineLock, IntConsumer kicked) {
    return new SteppedExecutor(machineLock, kicked);
  }

  /** Work that can be kicked. */
  public final class Slot {
    private final DeviceWork work;
    volatile boolean kicked;

    // With the machine lock held: steps of prompt work that took long, one after the other, and
    // kicks that go to the thread for that.
    private int slow;
    private int notHere;

    private Slot(DeviceWork work) {
      this.work = work;
    }

    /** Asks for steps until the work is idle. The caller may hold the machine lock. */
    public void kick() {
      kicked = true;
      wake(this);
    }

    /**
     * As {@link #kick}, for work whose element takes less than waking a thread and being woken by
     * it: where there is a thread, the caller does the work itself, but not much of it.
     */
    public void kickPrompt() {
      kicked = true;
      workHere(this);
    }
  }

  public final Slot register(DeviceWork work) {
    Slot slot = new Slot(work);
    slots.add(slot);
    return slot;
  }

  /**
   * Returns once no step is running and none will begin before {@link #unpark}. The caller must not
   * hold the machine lock. Idempotent.
   */
  public abstract void park();

  /** Lets work go on; kicks that came meanwhile are done now. */
  public abstract void unpark();

  /** Whether work runs on a thread of its own. */
  public abstract boolean threaded();

  /** Ends the I/O thread and waits for it. Nothing runs afterwards. */
  @Override
  public abstract void close();

  abstract void wake(Slot slot);

  /** Does prompt work on the caller's thread if that saves something. */
  void workHere(Slot slot) {
    wake(slot);
  }

  /** A step under the lock; a device's own failure never ends the thread that runs it. */
  final DeviceWork.Next stepLocked(Slot slot, boolean canPoll) {
    try {
      return slot.work.step(canPoll);
    } catch (RuntimeException | InternalError bug) {
      if (logLimit.pass()) {
        log.error(
            "device work failed; the device does nothing more for this kick ({} not logged)",
            logLimit.takeSuppressed(),
            bug);
      }
      return DeviceWork.Next.IDLE;
    }
  }

  static final class Inline extends DeviceExecutor {
    private boolean parked;
    private boolean closed;
    private boolean running;

    Inline(ReentrantLock lock) {
      super(lock);
    }

    @Override
    void wake(Slot slot) {
      lock.lock();
      try {
        if (running || parked || closed) {
          return; // a kick from inside a step is done by the loop that runs the step
        }
        running = true;
        try {
          boolean again = true;
          while (again) {
            again = false;
            for (Slot each : slots) {
              if (each.kicked) {
                each.kicked = false;
                if (stepLocked(each, false) == DeviceWork.Next.AGAIN) {
                  each.kicked = true;
                }
                again = true;
              }
            }
          }
        } finally {
          running = false;
        }
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void park() {
      lock.lock();
      parked = true;
      lock.unlock();
    }

    @Override
    public void unpark() {
      lock.lock();
      try {
        parked = false;
        slots.forEach(this::wake); // only what was kicked meanwhile: a replay must not differ
      } finally {
        lock.unlock();
      }
    }

    @Override
    public boolean threaded() {
      return false;
    }

    @Override
    public void close() {
      lock.lock();
      closed = true;
      lock.unlock();
    }
  }

  static final class Threaded extends DeviceExecutor {
    /**
     * Pause between two empty polls (DEV-14): short beside a hint, long enough to leave the core.
     */
    private static final long POLL_NANOS = 20_000;

    /** How long a step waits for a waiter to take the lock: about what waking a thread takes. */
    private static final long HANDOVER_NANOS = 200_000;

    /**
     * Prompt work that takes longer is left to the thread for some time: if it does so again and
     * again, for a thread that lost its processor once has not done more.
     */
    private static final long PROMPT_NANOS = 1_000_000;

    private static final int SLOW_STEPS = 4;
    private static final int NOT_PROMPT_KICKS = 64;

    private final LongSupplier nanoTime;
    private final Thread thread;
    private final Condition changed;
    private boolean parked;
    private volatile boolean closed;

    Threaded(String name, ReentrantLock lock, LongSupplier nanoTime) {
      super(lock);
      this.nanoTime = nanoTime;
      changed = lock.newCondition();
      thread = Thread.ofPlatform().daemon().name(name).start(this::run);
    }

    @Override
    void wake(Slot slot) {
      LockSupport.unpark(thread);
    }

    @Override
    void workHere(Slot slot) {
      lock.lock();
      try {
        if (slot.notHere > 0) {
          slot.notHere--;
        } else if (parked || closed) {
          return; // it is remembered
        } else if (promptStep(slot)) {
          return;
        }
      } finally {
        lock.unlock();
      }
      wake(slot);
    }

    /** One element, and a look that is the last unless there are more; whether nothing is left. */
    private boolean promptStep(Slot slot) {
      slot.kicked = false;
      long begun = nanoTime.getAsLong();
      boolean again = stepLocked(slot, false) == DeviceWork.Next.AGAIN;
      slot.slow = nanoTime.getAsLong() - begun > PROMPT_NANOS ? slot.slow + 1 : 0;
      if (slot.slow == SLOW_STEPS) {
        slot.slow = 0;
        slot.notHere = NOT_PROMPT_KICKS;
      }
      again = again && stepLocked(slot, false) == DeviceWork.Next.AGAIN;
      slot.kicked |= again;
      return !again;
    }

    @Override
    public boolean threaded() {
      return true;
    }

    @Override
    public void park() {
      lock.lock();
      try {
        // A step runs with the lock held from its look at `parked` to its end, so none is under way
        // and none will begin: the thread itself need not be heard, which would double a stop's
        // time.
        parked = true;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void unpark() {
      lock.lock();
      try {
        parked = false;
        // The kick of a notification that came just before a stop is not part of the saved state,
        // so every queue is looked at once; a notification with nothing new is legal
        // (SPLIT-DEV-22).
        slots.forEach(slot -> slot.kicked = true);
        changed.signalAll();
      } finally {
        lock.unlock();
      }
      LockSupport.unpark(thread);
    }

    @Override
    public void close() {
      closed = true;
      lock.lock();
      changed.signalAll();
      lock.unlock();
      LockSupport.unpark(thread);
      if (Thread.currentThread() == thread) {
        return;
      }
      boolean interrupted = false;
      while (thread.isAlive()) {
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

    private void run() {
      while (!closed) {
        boolean again = false;
        boolean poll = false;
        for (Slot slot : slots) {
          if (slot.kicked) {
            DeviceWork.Next next = step(slot);
            again |= next == DeviceWork.Next.AGAIN;
            poll |= next == DeviceWork.Next.POLL;
          }
        }
        if (poll && !again) {
          LockSupport.parkNanos(this, POLL_NANOS);
        } else if (!again) {
          waitIfParked();
          // Waiting for the lock may have eaten a kick's permit, so look once more: a kick after
          // this look leaves its permit for the park.
          if (!closed && nothingKicked()) {
            LockSupport.park(this);
          }
        }
      }
    }

    private boolean nothingKicked() {
      for (Slot slot : slots) {
        if (slot.kicked) {
          return false;
        }
      }
      return true;
    }

    private DeviceWork.Next step(Slot slot) {
      lock.lock();
      try {
        waitWhileParked();
        if (closed) {
          return DeviceWork.Next.IDLE;
        }
        slot.kicked = false;
        DeviceWork.Next next = stepLocked(slot, true);
        if (next != DeviceWork.Next.IDLE) {
          slot.kicked = true;
        }
        return next;
      } finally {
        lock.unlock();
        letOthersIn();
      }
    }

    /** The lock is not fair: a loop of steps would take it again before a waiter has woken up. */
    private void letOthersIn() {
      if (lock.hasQueuedThreads()) {
        long begun = System.nanoTime();
        while (lock.hasQueuedThreads() && System.nanoTime() - begun < HANDOVER_NANOS) {
          Thread.yield();
        }
      }
    }

    private void waitIfParked() {
      lock.lock();
      try {
        waitWhileParked();
      } finally {
        lock.unlock();
      }
    }

    private void waitWhileParked() {
      while (parked && !closed) {
        changed.awaitUninterruptibly();
      }
    }
  }
}
