package aerostat.tools.fuzz.stream;

import aerostat.devices.balloon.BalloonHost;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.state.FlatState;
import aerostat.tools.fuzz.BootedGuest;
import aerostat.vmm.machine.MachineConfig;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.machine.SnapshotMachine;
import aerostat.vmm.migration.guest.MovableGuest;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A machine that a stream can fill: devices, state and memory of a true one, which goes back to its
 * snapshot afterwards. Whether it runs is the target's business.
 */
final class ArrivingGuest implements MovableGuest {
  private final BootedGuest booted;
  private final SnapshotMachine machine;
  private final byte[] image;
  private final byte[] imageDigest;
  private final byte[] resumeDigest;
  private volatile RunState state;
  private volatile boolean closed;

  ArrivingGuest(BootedGuest booted, RunState state) {
    this(
        booted,
        state,
        booted.machine().image().image().encode(),
        booted.machine().image().digest(),
        booted.machine().image().resumeTable().digest());
  }

  private ArrivingGuest(
      BootedGuest booted, RunState state, byte[] image, byte[] imageDigest, byte[] resumeDigest) {
    this.booted = booted;
    this.machine = booted.machine();
    this.state = state;
    this.image = image;
    this.imageDigest = imageDigest;
    this.resumeDigest = resumeDigest;
  }

  /** Another guest in the same machine. */
  ArrivingGuest another() {
    return new ArrivingGuest(booted, RunState.INMIGRATE, image, imageDigest, resumeDigest);
  }

  boolean closed() {
    return closed;
  }

  @Override
  public MachineConfig config() {
    return booted.config();
  }

  @Override
  public GuestMemory memory() {
    return machine.memory();
  }

  @Override
  public FlatState flatState() {
    return machine.state();
  }

  @Override
  public byte[] imageBytes() {
    return image;
  }

  @Override
  public byte[] imageDigest() {
    return imageDigest;
  }

  @Override
  public byte[] resumeTableDigest() {
    return resumeDigest;
  }

  @Override
  public RunState state() {
    return state;
  }

  @Override
  public void pause(RunState to) {
    state = to;
  }

  @Override
  public void resume() {
    start();
  }

  @Override
  public void start() {
    state = RunState.RUNNING;
  }

  @Override
  public void setState(RunState to) {
    state = to;
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
    closed = true;
  }
}
