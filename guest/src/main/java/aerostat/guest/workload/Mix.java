package aerostat.guest.workload;

import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.kernel.Completion;
import aerostat.guest.kernel.DelayedWork;
import aerostat.guest.kernel.Jiffies;
import aerostat.guest.kernel.Kthread;
import aerostat.guest.kernel.Mutex;
import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.Sched;
import aerostat.guest.kernel.Task;
import aerostat.guest.kernel.Timer;
import aerostat.guest.kernel.WorkStruct;
import aerostat.guest.kernel.Workqueue;
import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Page;
import aerostat.guest.mm.PageAlloc;
import aerostat.guest.mm.Slab;

/**
 * A short test of a whole guest, made to be stopped or moved anywhere: two threads that allocate,
 * copy, recurse, lock and wait for each other, timers and delayed work; then one line with a
 * checksum, which depends on mix.rounds alone, and the power goes off. If a timer fired twice or
 * never, or memory changed, the guest reports failure.
 *
 * <p>Option: mix.rounds (10, at most 100000).
 */
record Mix() implements Workload {
  private static final int STAT = 0;
  private static final int ROUNDS = 8;
  private static final int SUM_MEMORY = 16;
  private static final int SUM_LOGIC = 24;
  private static final int TIMERS = 32;
  private static final int WORKS = 40;
  private static final int SHARED = 48;
  private static final int LOCK = 56;
  private static final int PING = LOCK + Mutex.SIZE;
  private static final int PONG = PING + Completion.SIZE;
  private static final int TIMER = PONG + Completion.SIZE;
  private static final int TIMER_DONE = TIMER + Timer.SIZE;
  private static final int WORK = TIMER_DONE + Completion.SIZE;
  private static final int SIZE = WORK + DelayedWork.SIZE;

  private static final long MAX_ROUNDS = 100_000;
  private static final int RECURSION = 8;

  /** Longest wait for the other side, ms of guest time: far more than it needs. */
  private static final long PATIENCE_MS = 60_000;

  @Override
  public void start(WorkloadStat stat) {
    long self = Slab.kzalloc(SIZE, Gfp.GFP_KERNEL);
    if (self == 0) {
      Printk.err("mix: cannot have its memory\n");
      Workloads.failed(stat);
      return;
    }
    store64(self + STAT, stat.address());
    stat.setSelf(self);
    store64(self + ROUNDS, Params.number("mix.rounds", 10, 1, MAX_ROUNDS));
    new Mutex(self + LOCK).init();
    new Completion(self + PING).init();
    new Completion(self + PONG).init();
    new Completion(self + TIMER_DONE).init();
    new Timer(self + TIMER).setup(Mix::timer);
    new DelayedWork(self + WORK).init(Mix::work);
    Workloads.startThread(Mix::main, self, stat);
  }

  private static WorkloadStat stat(long self) {
    return new WorkloadStat(load64(self + STAT));
  }

  private static void add(long at, long n) {
    store64(at, load64(at) + n);
  }

  private static void fold(long at, long value) {
    store64(at, Pattern.mix(load64(at) ^ value));
  }

  static void timer(Timer timer) {
    long self = timer.address() - TIMER;
    add(self + TIMERS, 1);
    new Completion(self + TIMER_DONE).complete();
  }

  static void work(WorkStruct work) {
    add(work.address() - WORK + WORKS, 1);
  }

  /** Runs the two threads to their ends, then says how it went. */
  static int main(long self) {
    Task memory = Kthread.run(Mix::memoryThread, self, "mix-memory");
    Task logic = Kthread.run(Mix::logicThread, self, "mix-logic");
    if (memory == null || logic == null) {
      Printk.err("mix: cannot have a thread\n");
      return 1;
    }
    new Completion(self + PONG).await();
    new Completion(self + PONG).await();
    new DelayedWork(self + WORK).work().flush();
    long rounds = load64(self + ROUNDS);
    check(self, load64(self + TIMERS) == rounds, "timers");
    check(self, load64(self + WORKS) == rounds, "delayed works");
    check(self, load64(self + SHARED) == 2 * rounds, "shared counter");
    Printk.info(
        "mix: done rounds=%lu timers=%lu works=%lu lost=%lu checksum=%016lx\n",
        rounds,
        load64(self + TIMERS),
        load64(self + WORKS),
        stat(self).lost(),
        Pattern.mix(load64(self + SUM_MEMORY)) ^ load64(self + SUM_LOGIC));
    Workloads.powerOff();
    return 0;
  }

  private static void check(long self, boolean right, String what) {
    stat(self).countVerified();
    if (!right && stat(self).countLost()) {
      Printk.err("mix: WRONG %s\n", Cpu.string(what));
    }
  }

  static int memoryThread(long self) {
    long rounds = load64(self + ROUNDS);
    for (long r = 0; r < rounds; r++) {
      memoryRound(self, r);
      shared(self);
      new Completion(self + PING).complete();
      Sched.msleep(1 + r % 3);
    }
    new Completion(self + PONG).complete();
    return 0;
  }

  private static void memoryRound(long self, long r) {
    int order = (int) (r % 4);
    long bytes = (long) Page.PAGE_SIZE << order;
    long a = PageAlloc.getFreePages(Gfp.GFP_KERNEL, order);
    long b = PageAlloc.getFreePages(Gfp.GFP_KERNEL, order);
    if (a == 0 || b == 0) {
      check(self, false, "allocation");
      return;
    }
    Memory.fill(a, bytes, 0);
    check(self, Memory.isZero(a, bytes), "zeroes");
    Pattern.fillPage(a + bytes - Page.PAGE_SIZE, r);
    Memory.copy(b, a, bytes);
    check(self, Memory.equal(a, b, bytes), "copy");
    check(self, Pattern.checkPage(b + bytes - Page.PAGE_SIZE, r) < 0, "content");
    fold(self + SUM_MEMORY, sum(b, bytes));
    PageAlloc.freePagesAt(b, order);
    PageAlloc.freePagesAt(a, order);
    stat(self).countUpdate();
  }

  private static long sum(long start, long bytes) {
    long sum = 0;
    for (long at = 0; at < bytes; at += 8) {
      sum = Long.rotateLeft(sum, 5) ^ load64(start + at);
    }
    return sum;
  }

  private static void shared(long self) {
    Mutex lock = new Mutex(self + LOCK);
    lock.lock();
    long value = load64(self + SHARED);
    check(self, fibonacci(3) == 2, "recursion under the lock");
    store64(self + SHARED, value + 1);
    lock.unlock();
  }

  static int logicThread(long self) {
    long rounds = load64(self + ROUNDS);
    for (long r = 0; r < rounds; r++) {
      long left = new Completion(self + PING).awaitTimeout(Jiffies.ofMillis(PATIENCE_MS));
      check(self, left > 0, "wait for the other thread");
      new Timer(self + TIMER).mod(Jiffies.now() + 1);
      new Completion(self + TIMER_DONE).await();
      shared(self);
      new DelayedWork(self + WORK).work().flush();
      check(
          self,
          Workqueue.system().queueDelayedWork(new DelayedWork(self + WORK), 1),
          "delayed work");
      Sched.msleep(2);
      stat(self).countUpdate();
      fold(self + SUM_LOGIC, fibonacci(RECURSION));
    }
    new Completion(self + PONG).complete();
    return 0;
  }

  private static long fibonacci(int n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
  }
}
