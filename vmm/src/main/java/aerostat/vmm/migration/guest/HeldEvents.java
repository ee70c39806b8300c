package aerostat.vmm.migration.guest;

import aerostat.vmm.machine.MachineEvent;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;

/**
 * Passes events on, in order; those of a pause when it is over, for telling them takes processor
 * time that the guest would have to wait for.
 */
public final class HeldEvents implements Consumer<MachineEvent> {
  private final Consumer<MachineEvent> listener;
  private final Queue<MachineEvent> waiting = new ArrayDeque<>();
  private boolean held;

  public HeldEvents(Consumer<MachineEvent> listener) {
    this.listener = listener;
  }

  @Override
  public synchronized void accept(MachineEvent event) {
    if (held) {
      waiting.add(event);
    } else {
      listener.accept(event);
    }
  }

  /** Events wait from here on. */
  public synchronized void hold() {
    held = true;
  }

  public synchronized boolean held() {
    return held;
  }

  /** Those that wait are told now, later ones at once. */
  public synchronized void release() {
    held = false;
    for (MachineEvent event = waiting.poll(); event != null; event = waiting.poll()) {
      listener.accept(event);
    }
  }
}
