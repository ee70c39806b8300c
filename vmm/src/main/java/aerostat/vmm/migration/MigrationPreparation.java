package aerostat.vmm.migration;

import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.MigrationStreamException;
import aerostat.vmm.migration.wire.PayloadReader;
import aerostat.vmm.migration.wire.PayloadWriter;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.LoggerFactory;

/**
 * Does off the critical path what a process's first migration would have to wait for. Chronicle
 * Bytes takes 0.2 to 1 s of CPU for its first buffer; classes not loaded and loops not compiled
 * make the pause ten times as long. That must not fall into a migration, and not into the start of
 * a guest either. So it happens on a thread of its own: a while after the start, or when somebody
 * sets migration parameters or listens, whichever comes first; and it makes way for the first
 * migration.
 */
final class MigrationPreparation {
  private static final long AFTER_START = TimeUnit.SECONDS.toNanos(2);
  private static final int MOVES = 6;
  private static final AtomicBoolean PLANNED = new AtomicBoolean();
  private static final AtomicBoolean BEGUN = new AtomicBoolean();
  private static volatile boolean rehearse;
  private static volatile boolean needed;

  private MigrationPreparation() {}

  /** A while from now, once a process. */
  static void later() {
    if (PLANNED.compareAndSet(false, true)) {
      daemon(
          () -> {
            long until = System.nanoTime() + AFTER_START;
            for (long left = AFTER_START; left > 0; left = until - System.nanoTime()) {
              LockSupport.parkNanos(left);
            }
            background();
          });
    }
  }

  /** At once, without waiting for it. */
  static void soon() {
    if (!BEGUN.get()) {
      // Here, not over there: SLF4J complains when two threads meet in its initialisation.
      LoggerFactory.getILoggerFactory();
      daemon(MigrationPreparation::background);
    }
  }

  /** The wire format at once; another thread that does the same is not waited for. */
  static void now() {
    if (BEGUN.compareAndSet(false, true)) {
      wire();
    }
  }

  /** From here on preparing includes a rehearsal: a guest of its own, 48 MiB, for half a second. */
  static void withRehearsal() {
    rehearse = true;
  }

  /** A migration begins: what is not prepared by now only competes with it. */
  static void needed() {
    needed = true;
  }

  private static void background() {
    if (!BEGUN.compareAndSet(false, true)) {
      return;
    }
    wire();
    if (rehearse && !needed) {
      try {
        MigrationRehearsal.run(MOVES, false, () -> needed);
      } catch (IOException | RuntimeException e) {
        LoggerFactory.getLogger(MigrationPreparation.class)
            .debug("no rehearsal; the first migration will be slower: {}", e.toString());
      }
    }
  }

  private static void wire() {
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

  private static void daemon(Runnable work) {
    Thread.ofPlatform().daemon().name("aerostat-prepare-migration").start(work);
  }
}
