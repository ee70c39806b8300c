package aerostat.vmm.migration.guest;

import aerostat.devices.balloon.BalloonHost;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageGate;
import aerostat.mmio.state.FlatState;
import aerostat.vmm.machine.MachineConfig;
import aerostat.vmm.machine.RunState;
import java.util.concurrent.locks.ReentrantLock;

/** What a migration needs of a machine; {@link MachineGuest} is the real one. */
public interface MovableGuest {
  MachineConfig config();

  GuestMemory memory();

  FlatState flatState();

  byte[] imageBytes();

  /** Over the image and the rewriter's version. */
  byte[] imageDigest();

  byte[] resumeTableDigest();

  RunState state();

  /** Stops vCPU and devices; returns when all state lies in RAM and the flat state. */
  void pause(RunState to);

  /** Goes on after {@link #pause} to finish-migrate. */
  void resume();

  /** A destination's guest begins to run from the state that was put in. */
  void start();

  /** Its processor sleeps for so many percent of its time; 0: never. */
  default void throttle(int percent) {}

  /** {@link System#nanoTime} of the last poll before {@link #pause}; 0 if the guest cannot tell. */
  default long lastPoll() {
    return 0;
  }

  /** Polls that it has consumed since it booted, about; 0 if it cannot tell. */
  default long polls() {
    return 0;
  }

  /**
   * {@link System#nanoTime} of the first poll since {@link #start}, which is waited for; now, if
   * none comes in time or the guest cannot tell.
   */
  default long awaitFirstPoll(long timeoutNanos) {
    return System.nanoTime();
  }

  /** As {@link aerostat.vmm.machine.Machine#await}: pages come after the guest. */
  default void await(PageGate gate) {
    memory().gate(gate);
  }

  /** All pages are there. */
  default void arrived() {
    memory().gate(null);
  }

  /** Its events wait to be told, or no longer: telling takes time, which a pause has not. */
  default void holdEvents(boolean hold) {}

  void setState(RunState state);

  ReentrantLock lock();

  BalloonHost balloon();

  /** Ends it and frees its memory. */
  void close();
}
