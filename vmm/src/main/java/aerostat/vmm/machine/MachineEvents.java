package aerostat.vmm.machine;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands events to listeners in order, on a thread of its own while there are any: the vCPU and the
 * device threads, which hold locks, never wait for a monitor.
 */
final class MachineEvents {
  /** Between two values of {@link #emitLatest}. */
  private static final long LATEST_MILLIS = 20;

  private static final Logger log = LoggerFactory.getLogger(MachineEvents.class);

  private final List<Consumer<MachineEvent>> listeners = new CopyOnWriteArrayList<>();
  private final Queue<MachineEvent> waiting = new ArrayDeque<>();
  private @Nullable MachineEvent latest;
  private long latestAt = System.nanoTime() - LATEST_MILLIS * 1_000_000;
  private boolean delivering;
  private boolean held;

  void listen(Consumer<MachineEvent> listener) {
    listeners.add(listener);
  }

  void emit(String name, String detail) {
    if (listeners.isEmpty()) {
      return;
    }
    synchronized (waiting) {
      waiting.add(new MachineEvent(name, detail));
      waiting.notifyAll();
    }
    deliverSoon();
  }

  /**
   * As {@link #emit}, for a value that changes thousands of times a second: the first is told at
   * once, of those soon behind it only the last. Starting a thread for each costs a vCPU more than
   * the change.
   */
  void emitLatest(String name, String detail) {
    if (listeners.isEmpty()) {
      return;
    }
    synchronized (waiting) {
      latest = new MachineEvent(name, detail);
    }
    deliverSoon();
  }

  /**
   * Events wait from here on, or no longer. Telling them takes processor time, for three threads a
   * client, which a guest's pause should not have to wait for.
   */
  void hold(boolean hold) {
    synchronized (waiting) {
      held = hold;
      waiting.notifyAll();
    }
    deliverSoon();
  }

  private void deliverSoon() {
    synchronized (waiting) {
      if (delivering || held || (waiting.isEmpty() && latest == null)) {
        return;
      }
      delivering = true;
    }
    Thread.ofVirtual().name("machine-events").start(this::deliver);
  }

  private void deliver() {
    for (; ; ) {
      MachineEvent event;
      synchronized (waiting) {
        event = next();
        if (event == null) {
          delivering = false;
          return;
        }
      }
      for (Consumer<MachineEvent> listener : listeners) {
        try {
          listener.accept(event);
        } catch (RuntimeException e) {
          log.error("a listener failed on {}", event.name(), e);
        }
      }
    }
  }

  /** What is to be told now, after a wait for it if the latest value has to wait; null: nothing. */
  private @Nullable MachineEvent next() {
    while (!held) {
      MachineEvent first = waiting.poll();
      if (first != null) {
        return first;
      }
      MachineEvent value = latest;
      if (value == null) {
        return null;
      }
      long now = System.nanoTime();
      long left = LATEST_MILLIS - (now - latestAt) / 1_000_000;
      if (left <= 0) {
        latest = null;
        latestAt = now;
        return value;
      }
      nap(left);
    }
    return null;
  }

  private void nap(long millis) {
    try {
      waiting.wait(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts this thread", e);
    }
  }
}
