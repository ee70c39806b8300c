package aerostat.vmm.machine;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands events to listeners in order, on a thread of its own while there are any: the vCPU and the
 * device threads, which hold locks, never wait for a monitor.
 */
final class MachineEvents {
  private static final Logger log = LoggerFactory.getLogger(MachineEvents.class);

  private final List<Consumer<MachineEvent>> listeners = new CopyOnWriteArrayList<>();
  private final Queue<MachineEvent> waiting = new ArrayDeque<>();
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
    }
    deliverSoon();
  }

  private void deliverSoon() {
    synchronized (waiting) {
      if (delivering || held || waiting.isEmpty()) {
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
        event = held ? null : waiting.poll();
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
}
