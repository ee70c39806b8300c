package aerostat.vmm.monitor;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * QEMU's rate limit for an event that may come often: the first goes out at once; of those within a
 * second behind it only the last does, when the second is over. So a client always learns the final
 * value.
 *
 * @param <T> what is sent
 */
final class EventThrottle<T> {
  /** Runs something later; a scheduler, or a test's hand. */
  interface Later {
    void after(long nanos, Runnable action);
  }

  private final long periodNanos;
  private final LongSupplier nanoTime;
  private final Later later;
  private final Consumer<T> sink;
  private final ReentrantLock lock = new ReentrantLock();
  private boolean waiting;
  private boolean sentBefore;
  private long lastSent;
  private @Nullable T pending;

  EventThrottle(long periodNanos, LongSupplier nanoTime, Later later, Consumer<T> sink) {
    this.periodNanos = periodNanos;
    this.nanoTime = nanoTime;
    this.later = later;
    this.sink = sink;
  }

  void event(T event) {
    lock.lock();
    try {
      long now = nanoTime.getAsLong();
      if (waiting) {
        pending = event;
        return;
      }
      long passed = now - lastSent;
      if (sentBefore && passed < periodNanos) {
        pending = event;
        waiting = true;
        later.after(periodNanos - passed, this::due);
        return;
      }
      send(event, now);
    } finally {
      lock.unlock();
    }
  }

  private void due() {
    lock.lock();
    try {
      waiting = false;
      T event = pending;
      pending = null;
      if (event != null) {
        send(event, nanoTime.getAsLong());
      }
    } finally {
      lock.unlock();
    }
  }

  private void send(T event, long now) {
    sentBefore = true;
    lastSent = now;
    sink.accept(event);
  }
}
