package aerostat.mmio.bus;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;

/**
 * Runs nothing by itself: whoever holds it asks for each step, so that a tool can try every order
 * of device and guest. Slots count from 0 in the order of their registration.
 */
public final class SteppedExecutor extends DeviceExecutor {
  private final IntConsumer kicked;

  SteppedExecutor(ReentrantLock lock, IntConsumer kicked) {
    super(lock);
    this.kicked = kicked;
  }

  /** Whether a step of this slot may find something to do. */
  public boolean kicked(int slot) {
    return slots.get(slot).kicked;
  }

  /**
   * One step of a slot, kicked or not; not to be called from inside a step.
   *
   * @return whether it did something
   */
  public boolean step(int slot) {
    return step(slot, false);
  }

  /**
   * As {@link #step(int)}, for a caller that looks again by itself: the device asks for no
   * notifications then.
   */
  public boolean poll(int slot) {
    return step(slot, true);
  }

  private boolean step(int slot, boolean canPoll) {
    Slot which = slots.get(slot);
    lock.lock();
    try {
      which.kicked = false;
      boolean again = stepLocked(which, canPoll) == DeviceWork.Next.AGAIN;
      which.kicked |= again;
      return again;
    } finally {
      lock.unlock();
    }
  }

  /** Forgets all kicks: another state was put into the machine. */
  public void forget() {
    slots.forEach(slot -> slot.kicked = false);
  }

  @Override
  void wake(Slot slot) {
    kicked.accept(slots.indexOf(slot));
  }

  @Override
  public boolean threaded() {
    return false;
  }

  @Override
  public void park() {
    // Nothing runs unasked.
  }

  @Override
  public void unpark() {
    // A kick that came meanwhile is still noted in its slot.
  }

  @Override
  public void close() {
    // There is no thread to end.
  }
}
