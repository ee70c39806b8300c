package aerostat.vmm.cpu;

import aerostat.vmm.image.Flavour;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * One virtual processor: a thread, and the host's handles on it. What the thread does is the {@link
 * Dispatcher}'s; where its registers lie while it rests, {@link VcpuLayout} tells.
 */
public final class Vcpu implements AutoCloseable {
  private static final long JAVA_STACK_BYTES = 16L << 20;

  private final Dispatcher dispatcher;
  private final VcpuThread thread;

  /** Held while guest code may run, on whatever thread; fair to one that closes. */
  private final ReentrantLock running = new ReentrantLock(true);

  private boolean closed;

  /**
   * Takes the slice "vcpu", binds the VM's copy of the intrinsics and starts the thread, at rest.
   *
   * @param hostTimers timers in virtual time, {@link HostTimers#NONE} in real mode
   */
  public Vcpu(VcpuParts parts, VcpuListener listener, HostTimers hostTimers) {
    dispatcher = new Dispatcher(parts, listener, hostTimers);
    thread =
        new VcpuThread(
            parts.name(),
            Math.max(JAVA_STACK_BYTES, parts.image().hostStackBytes()),
            this::session);
    parts.interrupts().onRise(this::attention);
  }

  /**
   * First registers of a guest: it will run the image's {@code start(bootParams)} on this stack.
   * Only at rest.
   *
   * @throws IllegalArgumentException if the stack is not in writable RAM
   */
  public void boot(long bootParams, long stackBase, int stackSize, long seed) {
    dispatcher.boot(bootParams, stackBase, stackSize, seed);
  }

  /** Lets the guest run. Nothing happens when it is off or panicked. */
  public void run() {
    dispatcher.wantStop(false);
    thread.run();
  }

  /** Asks for a stop and waits for it; on the vCPU thread itself it only asks. */
  public void stop() {
    dispatcher.wantStop(true);
    thread.wake();
    thread.awaitRest();
  }

  /**
   * From here on the calling thread is the vCPU's, and drives the guest by {@link #session}: many
   * thousand times a second, without a change of threads. Only at rest; the thread's stack must
   * hold what the image needs. Another thread may take over by a call of its own.
   */
  public void adopt() {
    dispatcher.wantStop(false);
    thread.adopt();
  }

  /**
   * After {@link #adopt}, on that thread: runs the guest until it has to stop.
   *
   * @param poll to stop at, of a deterministic vCPU
   * @param orIdle stop where the guest would wait, too
   */
  public void session(long poll, boolean orIdle) {
    dispatcher.agenda().stopAt(poll);
    dispatcher.agenda().stopIdle(orIdle);
    session();
  }

  private void session() {
    running.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the vCPU is closed");
      }
      dispatcher.session();
    } finally {
      running.unlock();
    }
  }

  /**
   * As {@link #stop}, but the wait ends with the hope, which is looked at now and then: the guest
   * goes on then as if nobody had asked.
   *
   * @return whether it rests
   */
  public boolean stop(BooleanSupplier hope) {
    dispatcher.wantStop(true);
    thread.wake();
    boolean rests = thread.awaitRest(hope);
    if (!rests) {
      dispatcher.wantStop(false);
    }
    return rests;
  }

  /** Waits until the vCPU rests, for whatever reason. */
  public void awaitRest() {
    thread.awaitRest();
  }

  /** Whether the vCPU stands still, registers in the flat state. */
  public boolean atRest() {
    return thread.atRest();
  }

  /** Whether the calling thread is the vCPU's. */
  public boolean onThread() {
    return thread.isCurrent();
  }

  /** Ends the guest at its next poll, as its power device does. */
  public void powerOff() {
    dispatcher.wantOff();
    thread.wake();
  }

  /** Goes on in another form at the next safepoint. */
  public void flavour(Flavour next) {
    dispatcher.wantFlavour(next);
    thread.wake();
  }

  /** The form asked for last. */
  public Flavour flavour() {
    return dispatcher.flavour();
  }

  /**
   * Runs an action at an exact poll of a deterministic vCPU. To be called at rest or on the vCPU
   * thread.
   */
  public void at(long poll, Runnable action) {
    dispatcher.agenda().add(poll, action);
    attention();
  }

  /** Stops when this poll is reached; Long.MAX_VALUE for never. Only at rest. */
  public void stopAt(long poll) {
    dispatcher.agenda().stopAt(poll);
  }

  /** Guest code sleeps for so many percent of its time, 0 to 99; real time only. */
  public void throttle(int percent) {
    dispatcher.throttle().percent(percent);
  }

  /** {@link System#nanoTime} of the poll at which the guest last came to rest; 0 before. */
  public long restedAt() {
    return dispatcher.restedAt();
  }

  /** {@link System#nanoTime} of the first poll after the last rest; 0 before. */
  public long wokeAt() {
    return dispatcher.wokeAt();
  }

  /** Polls consumed since boot; exact at rest and on the vCPU thread. */
  public long polls() {
    return dispatcher.polls();
  }

  /** Guest monotonic time in ns. */
  public long guestTime() {
    return dispatcher.guestTime();
  }

  /** Wall clock of the guest, ns since 1970. */
  public long wallClock() {
    return dispatcher.wallClock();
  }

  /** {@link VcpuLayout}'s NOT_STARTED, LIVE, OFF or PANICKED, at the last rest. */
  public int lifecycle() {
    return dispatcher.lifecycle();
  }

  /** Something changed that a waiting or running guest should see: any thread. */
  public void attention() {
    dispatcher.attention();
    thread.wake();
  }

  /**
   * Ends the thread, wherever the guest is; nothing of it runs afterwards, so that its memory may
   * be unmapped: guest code has no guard against that.
   *
   * @throws IllegalStateException on the thread that runs it
   */
  @Override
  public void close() {
    if (running.isHeldByCurrentThread()) {
      throw new IllegalStateException("guest code cannot be ended from within");
    }
    dispatcher.wantStop(true);
    thread.close();
    running.lock();
    try {
      closed = true;
    } finally {
      running.unlock();
    }
  }
}
