package aerostat.vmm.machine;

import aerostat.devices.balloon.BalloonHost;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.state.FlatState;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * SKELETON (owner: cpu+machine). One VM: memory, vCPU, devices. Every method may be called from any
 * thread.
 */
public final class Machine implements AutoCloseable {
  private Machine() {}

  /** Parts of a machine to be built, with defaults. */
  public static MachineBuilder builder() {
    return new MachineBuilder();
  }

  static Machine build(MachineConfig config, byte[] image, MachineHost host) {
    throw new UnsupportedOperationException();
  }

  /**
   * The same machine that a stream describes, in state INMIGRATE, to receive RAM ({@link #memory})
   * and state ({@link #flatState}). The image is in RAM already. {@link #start} goes on with what
   * was received.
   *
   * @param image canonical, from the stream; an aerostat.vmm.image refusal if it cannot be verified
   */
  public static Machine incoming(MachineConfig config, byte[] image, MachineHost host) {
    throw new UnsupportedOperationException();
  }

  /**
   * Deterministic machines only: runs the action at exactly this poll, all frames spilled, on the
   * vCPU's thread, before interrupts are delivered; it may use everything of this machine except
   * methods that wait for the vCPU.
   */
  public void at(long poll, Runnable action) {
    throw new UnsupportedOperationException();
  }

  /**
   * Deterministic machines only: starts or resumes, and returns once the vCPU stands still at this
   * poll with all frames spilled (state PAUSED), or earlier: the guest ended, or sleeps with
   * nothing that would ever wake it.
   *
   * @return the poll reached
   */
  public long runUntilPoll(long poll) {
    throw new UnsupportedOperationException();
  }

  /** Polls consumed since boot: the virtual time. Exact when stopped. */
  public long polls() {
    throw new UnsupportedOperationException();
  }

  /** Waits until the guest is off or panicked; false when the time is over first. */
  public boolean awaitEnd(java.time.Duration timeout) throws InterruptedException {
    throw new UnsupportedOperationException();
  }

  public MachineConfig config() {
    throw new UnsupportedOperationException();
  }

  public RunState state() {
    throw new UnsupportedOperationException();
  }

  /** Starts the vCPU thread: from the image's entry, or from a state put in by migration. */
  public void start() {
    throw new UnsupportedOperationException();
  }

  /**
   * Stops the vCPU at its next safepoint, all frames spilled, devices quiet; returns when stopped.
   * Idempotent.
   */
  public void pause(RunState to) {
    throw new UnsupportedOperationException();
  }

  /** Goes on; refused (IllegalStateException) unless paused, prelaunch or finish-migrate. */
  public void resume() {
    throw new UnsupportedOperationException();
  }

  /** Ends the guest; memory is freed by {@link #close}. */
  public void shutdown() {
    throw new UnsupportedOperationException();
  }

  /**
   * Moves the run state without touching the vCPU, which must be stopped (finish-migrate to
   * postmigrate, …).
   */
  public void setState(RunState state) {
    throw new UnsupportedOperationException();
  }

  public GuestMemory memory() {
    throw new UnsupportedOperationException();
  }

  public FlatState flatState() {
    throw new UnsupportedOperationException();
  }

  /**
   * The lock that QEMU would call the BQL: held for device work and every {@link BalloonHost} call.
   */
  public ReentrantLock lock() {
    throw new UnsupportedOperationException();
  }

  public BalloonHost balloon() {
    throw new UnsupportedOperationException();
  }

  /** The canonical image as it lies at the start of RAM. */
  public byte[] imageBytes() {
    throw new UnsupportedOperationException();
  }

  /**
   * SHA-256 of the image and the rewriter's version and resume table; two VMMs that differ cannot
   * exchange a guest.
   */
  public byte[] imageDigest() {
    throw new UnsupportedOperationException();
  }

  public byte[] resumeTableDigest() {
    throw new UnsupportedOperationException();
  }

  /** Guest monotonic time, ns since boot; never steps back over a move. */
  public long guestTime() {
    throw new UnsupportedOperationException();
  }

  /**
   * Hash over every RAM byte, registers and device state (x-query-ram-hash). Needs a stopped vCPU.
   *
   * @param everything true: no exclusions; false: pages that the host holds contribute their
   *     owner's letter
   */
  public String ramHash(boolean everything) {
    throw new UnsupportedOperationException();
  }

  /** State changes, panics (with backtrace text) and shutdown, in order. */
  public void onEvent(Consumer<MachineEvent> listener) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
