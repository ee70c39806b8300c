package aerostat.vmm.migration;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.LoggerFactory;

/**
 * Loads what the wire format needs off the critical path. Chronicle Bytes takes 0.2 to 1 s of CPU
 * for its first buffer in a process; that must not fall into a migration, and not into the start of
 * a guest either. So it happens on a thread of its own: a while after the start, or when somebody
 * sets migration parameters or listens, whichever comes first.
 */
final class WirePreparation {
  private static final long AFTER_START = TimeUnit.SECONDS.toNanos(2);
  private static final AtomicBoolean PLANNED = new AtomicBoolean();
  private static final AtomicBoolean BEGUN = new AtomicBoolean();

  private WirePreparation() {}

  /** A while from now, once a process. */
  static void later() {
    if (PLANNED.compareAndSet(false, true)) {
      daemon(
          () -> {
            long until = System.nanoTime() + AFTER_START;
            for (long left = AFTER_START; left > 0; left = until - System.nanoTime()) {
              LockSupport.parkNanos(left);
            }
            now();
          });
    }
  }

  /** At once, without waiting for it. */
  static void soon() {
    if (!BEGUN.get()) {
      // Here, not over there: SLF4J complains when two threads meet in its initialisation.
      LoggerFactory.getILoggerFactory();
      daemon(WirePreparation::now);
    }
  }

  /** At once; another thread that does the same is not waited for. */
  static void now() {
    if (BEGUN.compareAndSet(false, true)) {
      try {
        byte[] bytes = new PayloadWriter().u8(1).u32(2).u64(3).text("ready").done();
        PayloadReader in = new PayloadReader(MessageType.SETUP, bytes);
        in.u8("a");
        in.u32("b");
        in.u64("c");
        in.text("d", bytes.length);
      } catch (MigrationStreamException e) {
        throw new AssertionError(e);
      }
    }
  }

  private static void daemon(Runnable work) {
    Thread.ofPlatform().daemon().name("aerostat-prepare-wire").start(work);
  }
}
