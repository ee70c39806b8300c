package aerostat.vmm.machine;

import aerostat.devices.clock.DeviceClock;
import aerostat.devices.clock.DrivenClock;
import aerostat.vmm.cpu.HostTimers;
import aerostat.vmm.cpu.Vcpu;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Device timers of a deterministic machine, fired by its vCPU at an exact virtual time. */
final class VirtualTimers implements HostTimers {
  private final ReentrantLock lock;
  private @Nullable DrivenClock clock;
  private volatile long next = DeviceClock.NEVER;

  VirtualTimers(ReentrantLock machineLock) {
    lock = machineLock;
  }

  /** The clock that the devices use; the vCPU looks again when a deadline moves. */
  DrivenClock attach(Vcpu vcpu) {
    DrivenClock made = new DrivenClock(vcpu::guestTime, () -> vcpu.wallClock() / 1_000_000_000L);
    made.onDeadlineMoved(
        () -> {
          next = made.nextDeadline();
          vcpu.attention();
        });
    clock = made;
    return made;
  }

  @Override
  public long nextDeadline() {
    return next;
  }

  @Override
  public void runDue() {
    DrivenClock timers = clock;
    if (timers == null) {
      return;
    }
    lock.lock();
    try {
      timers.runDue();
      next = timers.nextDeadline();
    } finally {
      lock.unlock();
    }
  }
}
