package aerostat.vmm.migration.source;

import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.control.MigrationParameters;
import aerostat.vmm.migration.guest.MovableGuest;
import aerostat.vmm.migration.pages.DirtyPages;
import org.jspecify.annotations.Nullable;

/**
 * The source guest's way through a migration: its hinting, its pause, and its way back or out. Each
 * step may be repeated; for the migration's thread alone.
 */
public final class SwitchOver {
  /** Hints take about as long as it takes to send this part of RAM. */
  private static final int FEW_OF_ALL = 256;

  private final MovableGuest guest;
  private final boolean hinting;
  private final int dropCaches;
  private boolean hintsUsed;
  private boolean hintsOn;
  private int throttle;
  private @Nullable RunState before;

  public SwitchOver(MovableGuest guest, MigrationParameters parameters) {
    this.guest = guest;
    this.hinting = parameters.hinting();
    this.dropCaches = parameters.dropCaches();
  }

  /**
   * Before a sync (MIG-19): afterwards no hint clears a bit. The answer to a request may come later
   * as well, for {@link DirtyPages} keeps what is written meanwhile from it.
   */
  public void beforeSync() {
    if (hintsOn) {
      locked(
          () -> {
            if (!guest.balloon().answersRequests()) {
              guest.balloon().hintStop();
              hintsOn = false;
            }
          });
    }
  }

  /**
   * After a sync while the guest runs (MIG-19): a new command id.
   *
   * @return whether hints may come
   */
  public boolean afterSync(DirtyPages dirty) {
    if (!hinting || guest.state() != RunState.RUNNING) {
      return false;
    }
    locked(
        () -> {
          if (guest.balloon().hintingPossible()) {
            if (guest.balloon().answersRequests()) {
              dirty.requestGoesOut();
              guest.balloon().dropCachesFirst(dropCaches);
            }
            guest.balloon().hintStart(dirty);
            hintsUsed = true;
            hintsOn = true;
          }
        });
    return hintsOn;
  }

  /**
   * As {@link #afterSync}, unless so little is left that a guest which collects its hints would
   * dirty as much and take as long.
   *
   * @param left pages that are still to go
   * @param always however little is left (as QEMU)
   */
  boolean askForHints(DirtyPages dirty, long left, boolean always) {
    boolean pays = left > guest.memory().pages() / FEW_OF_ALL;
    return (pays || always) && afterSync(dirty);
  }

  /** Whether a request for free pages is out. */
  boolean awaitsAnswer() {
    guest.lock().lock();
    try {
      return hintsOn && guest.balloon().answersRequests() && !guest.balloon().hintRoundOver();
    } finally {
      guest.lock().unlock();
    }
  }

  /**
   * Whether the guest has told all that it has to hint in this round; false as well while hints are
   * being taken. Who asks has something better to do than to wait in a row with the device.
   */
  boolean hintRoundOver() {
    if (!guest.lock().tryLock()) {
      return false;
    }
    try {
      return guest.balloon().hintRoundOver();
    } finally {
      guest.lock().unlock();
    }
  }

  /** After the last sync, and on every way out (DEV-18, MIG-27). */
  public void hintsDone() {
    if (hintsUsed) {
      hintsUsed = false;
      hintsOn = false;
      locked(
          () -> {
            guest.balloon().hintStop();
            guest.balloon().hintDone();
          });
    }
  }

  /** The guest's processor sleeps for so many percent of its time from here on (MIG-16). */
  void throttle(int percent) {
    if (percent != throttle) {
      throttle = percent;
      guest.throttle(percent);
    }
  }

  /**
   * Stops the guest for the last round.
   *
   * @throws IllegalStateException if it ended by itself
   */
  public void pause() {
    RunState found = guest.state();
    if (found == RunState.RUNNING) {
      guest.pause(RunState.FINISH_MIGRATE);
      if (guest.state() == RunState.FINISH_MIGRATE) {
        before = found;
        return;
      }
      // A stop command, or the guest's own end, came first.
      found = guest.state();
    }
    if (found == RunState.SHUTDOWN || found == RunState.GUEST_PANICKED) {
      throw new IllegalStateException("the guest ended while it was moved: " + found.qemuName());
    }
    before = found;
    guest.setState(RunState.FINISH_MIGRATE);
  }

  /** Whether the guest ran when it was paused. */
  public boolean ran() {
    return before == RunState.RUNNING;
  }

  /** The guest stays: it goes on as it was. */
  public void back() {
    throttle(0);
    hintsDone();
    RunState to = before;
    before = null;
    if (to == RunState.RUNNING) {
      guest.resume();
    } else if (to != null) {
      guest.setState(to);
    }
  }

  /** The guest left. */
  void gone() {
    throttle(0);
    guest.setState(RunState.POSTMIGRATE);
  }

  /** After {@link #gone}: its memory goes back to the host, which takes a while. */
  void free() {
    GuestMemory memory = guest.memory();
    try {
      memory.discard(GuestMemory.RAM_BASE + memory.romSize(), memory.size() - memory.romSize());
    } catch (IllegalStateException closed) {
      // Another guest came meanwhile, and this one was closed: its memory went with it.
    }
  }

  private void locked(Runnable action) {
    guest.lock().lock();
    try {
      action.run();
    } finally {
      guest.lock().unlock();
    }
  }
}
