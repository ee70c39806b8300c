package aerostat.vmm.migration.guest;

import aerostat.devices.balloon.BalloonHost;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageGate;
import aerostat.mmio.state.FlatState;
import aerostat.vmm.machine.HardwareHooks;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineConfig;
import aerostat.vmm.machine.RunState;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongFunction;

/** A machine as a migration sees it. */
public record MachineGuest(Machine machine) implements MovableGuest {
  private static final long LOOK = 20_000;

  @Override
  public MachineConfig config() {
    return machine.config();
  }

  @Override
  public GuestMemory memory() {
    return machine.memory();
  }

  @Override
  public FlatState flatState() {
    return machine.flatState();
  }

  @Override
  public byte[] imageBytes() {
    return machine.imageBytes();
  }

  @Override
  public byte[] imageDigest() {
    return machine.imageDigest();
  }

  @Override
  public byte[] resumeTableDigest() {
    return machine.resumeTableDigest();
  }

  @Override
  public RunState state() {
    return machine.state();
  }

  @Override
  public void pause(RunState to) {
    machine.pause(to);
  }

  @Override
  public void resume() {
    machine.resumeAfterMigration();
  }

  @Override
  public void start() {
    machine.start();
  }

  @Override
  public void throttle(int percent) {
    machine.throttle(percent);
  }

  @Override
  public long lastPoll() {
    return machine.restedAt();
  }

  @Override
  public long polls() {
    return machine.polls();
  }

  @Override
  public void holdEvents(boolean hold) {
    machine.holdEvents(hold);
  }

  @Override
  public long awaitFirstPoll(long timeoutNanos) {
    long asked = System.nanoTime();
    while (machine.wokeAt() == 0 && System.nanoTime() - asked < timeoutNanos) {
      LockSupport.parkNanos(LOOK);
    }
    return machine.wokeAt() == 0 ? System.nanoTime() : machine.wokeAt();
  }

  @Override
  public void await(PageGate gate) {
    machine.await(gate);
  }

  @Override
  public void arrived() {
    machine.arrived();
  }

  @Override
  public void setState(RunState state) {
    machine.setState(state);
  }

  @Override
  public ReentrantLock lock() {
    return machine.lock();
  }

  @Override
  public BalloonHost balloon() {
    return machine.balloon();
  }

  @Override
  public void close() {
    machine.close();
  }

  /** Parts of a machine whose RAM somebody else provides. */
  public static HardwareHooks hooks(LongFunction<GuestMemory> ram) {
    return new HardwareHooks() {
      @Override
      public GuestMemory memory(long bytes) {
        return ram.apply(bytes);
      }
    };
  }
}
