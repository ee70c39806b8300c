package aerostat.guest.plain;

import aerostat.guest.kernel.Entry;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Guest threads of the plain machine. Each context has a Java thread; a baton goes from one to the
 * next at {@code switchTo}, so only one runs at a time and all see each other's effects.
 */
@SuppressWarnings("StaticAssignmentOfThrowable") // carried from the thread that ended to the test
final class PlainThreads {
  private PlainThreads() {}

  /** Thrown in threads of a machine that is no more. */
  private static final class Abandoned extends Error {
    private static final long serialVersionUID = 1;

    Abandoned() {
      super("machine was reset", null, false, false);
    }
  }

  private static final class Context {
    final Semaphore baton = new Semaphore(0);
    final int machine = GENERATION.get();
    long argument;
    boolean fresh;
  }

  private static Map<Long, Context> contexts = new HashMap<>();
  private static final AtomicInteger GENERATION = new AtomicInteger();

  /** The thread that called the guest's entry, and what ended the guest elsewhere. */
  private static Context boot;

  private static Throwable end;

  static void abandon() {
    GENERATION.incrementAndGet();
    for (Context context : contexts.values()) {
      context.baton.release();
    }
    contexts = new HashMap<>();
    boot = null;
    end = null;
  }

  static void prepare(long address, long argument) {
    Context context = new Context();
    context.argument = argument;
    context.fresh = true;
    contexts.put(address, context);
  }

  static void switchTo(long from, long to) {
    Context self = contexts.computeIfAbsent(from, key -> new Context());
    if (boot == null) {
      boot = self;
    }
    Context next = contexts.get(to);
    if (next == null) {
      throw new PlainFault("switch to a context that was never prepared");
    }
    if (next.fresh) {
      next.fresh = false;
      Thread thread = new Thread(() -> run(next), "guest thread");
      thread.setDaemon(true);
      thread.start();
    } else {
      next.baton.release();
    }
    self.baton.acquireUninterruptibly();
    if (self.machine != GENERATION.get()) {
      throw new Abandoned();
    }
    if (self == boot && end != null) {
      throw endOf(end);
    }
  }

  private static RuntimeException endOf(Throwable cause) {
    if (cause instanceof PlainPowerOff off) {
      return off;
    }
    if (cause instanceof Error error) {
      throw error;
    }
    return (RuntimeException) cause;
  }

  private static void run(Context context) {
    try {
      Entry.thread(context.argument);
      throw new PlainFault("thread returned");
    } catch (Abandoned e) {
      // The next machine runs already; this thread has nothing left to do.
    } catch (Throwable e) {
      end = e;
      boot.baton.release();
    }
  }
}
