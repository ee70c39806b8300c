package aerostat.vmm.machine;

import aerostat.devices.power.PowerRequest;
import aerostat.mmio.memory.PageGate;
import aerostat.vmm.cpu.VcpuLayout;
import aerostat.vmm.cpu.VcpuListener;
import aerostat.vmm.image.Flavour;
import aerostat.vmm.image.GuestImage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * One VM: memory, vCPU, devices. Every method may be called from any thread, but those that wait
 * for the vCPU not with the machine lock held.
 */
public final class Machine extends MachineView implements AutoCloseable {
  private final Hardware hardware;
  private final MachineEvents events = new MachineEvents();

  /** Serializes what starts and stops the vCPU. Never taken by the vCPU or a device thread. */
  private final ReentrantLock control = new ReentrantLock();

  private final RunStateCell state;
  private volatile boolean guestFailed;
  private boolean closed;

  private Machine(
      MachineConfig config,
      GuestImage image,
      MachineHost host,
      RunState first,
      HardwareHooks hooks) {
    super(config, host);
    state = new RunStateCell(first);
    hardware = new Hardware(config, image, host, new Listener(), this::powerRequest, hooks);
    hardware
        .balloon()
        .host()
        .onActualChanged(actual -> events.emitLatest("BALLOON_CHANGE", Long.toString(actual)));
  }

  /** Parts of a machine to be built, with defaults. */
  public static MachineBuilder builder() {
    return new MachineBuilder();
  }

  static Machine build(
      MachineConfig config, GuestImage image, MachineHost host, HardwareHooks hooks) {
    Machine machine = new Machine(config, image, host, RunState.PRELAUNCH, hooks);
    machine.hardware.boot(config);
    return machine;
  }

  /**
   * The same machine that a stream describes, in state INMIGRATE, to receive RAM ({@link #memory})
   * and state ({@link #flatState}). The image is in RAM already. {@link #start} goes on with what
   * was received.
   *
   * @param image canonical, from the stream
   * @throws aerostat.vmm.image.ImageRefusedException if it is not one, or cannot be verified
   * @throws IllegalArgumentException if the configuration is out of range
   */
  public static Machine incoming(MachineConfig config, byte[] image, MachineHost host) {
    return incoming(config, image, host, HardwareHooks.NONE);
  }

  /** As above, with parts of the caller's. */
  public static Machine incoming(
      MachineConfig config, byte[] image, MachineHost host, HardwareHooks hooks) {
    return new Machine(config, GuestImage.decode(image), host, RunState.INMIGRATE, hooks);
  }

  @Override
  Hardware hardware() {
    return hardware;
  }

  @Override
  public RunState state() {
    return state.get();
  }

  /**
   * Starts the vCPU: from the image's entry, or from a state put in by migration.
   *
   * @throws IllegalStateException if it was started before, or nothing was received
   */
  public void start() {
    control.lock();
    try {
      RunState now = state();
      if (now != RunState.PRELAUNCH && now != RunState.INMIGRATE) {
        throw new IllegalStateException("the machine is " + now.qemuName() + ", not new");
      }
      go();
    } finally {
      control.unlock();
    }
  }

  /**
   * Stops the vCPU at its next safepoint, all frames spilled, devices quiet; returns when stopped.
   * Idempotent: a machine that does not run keeps its state. On the vCPU's own thread (an action of
   * {@link #at}) the stop comes after the return.
   */
  public void pause(RunState to) {
    requireNoMachineLock();
    if (hardware.vcpu().onThread()) {
      throw new IllegalStateException("an action at a poll cannot wait for the vCPU");
    }
    control.lock();
    try {
      if (state() != RunState.RUNNING) {
        return;
      }
      stopOrSayWhyNot();
      hardware.park();
      if (state.move(RunState.RUNNING, to)) {
        events.emit("STOP", "");
      }
    } finally {
      control.unlock();
    }
  }

  private void stopOrSayWhyNot() {
    PageGate gate = hardware.memory().gate();
    if (gate == null) {
      hardware.vcpu().stop();
    } else if (!gate.mayCome() || !hardware.vcpu().stop(gate::mayCome)) {
      throw new IllegalStateException(
          "the guest waits for pages of a migration that is broken; migrate-recover comes first");
    }
  }

  /**
   * Accesses of this machine, which does not run yet, wait at this gate from now on; discards are
   * inhibited (DEV-03).
   */
  public void await(PageGate gate) {
    hardware.memory().gate(gate);
    hardware.balloon().inhibitDiscards(true);
    setFlavour(Flavour.SANITIZING);
  }

  /** Everything is there: the guest changes to its own form at its next safepoint. */
  public void arrived() {
    setFlavour(host().flavour());
    hardware.lock().lock();
    try {
      hardware.balloon().inhibitDiscards(false);
      hardware.memory().gate(null);
    } finally {
      hardware.lock().unlock();
    }
  }

  /**
   * Goes on; refused (IllegalStateException) unless paused or prelaunch. A guest that is being
   * handed over (finish-migrate) is the migration's to resume: it may run elsewhere already.
   */
  public void resume() {
    resume(Set.of(RunState.PAUSED, RunState.PRELAUNCH));
  }

  /**
   * For the migration that moved this machine to finish-migrate, and that knows that the guest
   * stays here: goes on.
   *
   * @throws IllegalStateException in any other state
   */
  public void resumeAfterMigration() {
    resume(Set.of(RunState.FINISH_MIGRATE));
  }

  private void resume(Set<RunState> from) {
    control.lock();
    try {
      RunState now = state();
      if (!from.contains(now)) {
        throw new IllegalStateException("the machine is " + now.qemuName() + ", not paused");
      }
      go();
    } finally {
      control.unlock();
    }
  }

  private void go() {
    requireOpen();
    events.hold(true);
    try {
      events.emit("RESUME", "");
      runIfLive();
    } finally {
      events.hold(false);
    }
  }

  /**
   * Events wait to be told, or no longer: for a pause that nothing should lengthen. A start or
   * resume ends it.
   */
  public void holdEvents(boolean hold) {
    events.hold(hold);
  }

  /** A guest that ended before it was moved here stays as it ended. */
  private void runIfLive() {
    switch (hardware.vcpu().lifecycle()) {
      case VcpuLayout.LIVE -> {
        setState(RunState.RUNNING);
        hardware.unpark();
        hardware.vcpu().run();
      }
      case VcpuLayout.OFF -> setState(RunState.SHUTDOWN);
      case VcpuLayout.PANICKED -> setState(RunState.GUEST_PANICKED);
      default -> throw new IllegalStateException("there is no guest yet");
    }
  }

  /** Ends the guest; memory is freed by {@link #close}. */
  public void shutdown() {
    requireNoMachineLock();
    control.lock();
    try {
      hardware.vcpu().stop();
      hardware.park();
      if (state() != RunState.SHUTDOWN) {
        setState(RunState.SHUTDOWN);
        events.emit("SHUTDOWN", "host-qmp-quit");
      }
    } finally {
      control.unlock();
    }
  }

  /**
   * Moves the run state without touching the vCPU, which must be stopped (finish-migrate to
   * postmigrate, …).
   */
  public void setState(RunState newState) {
    state.set(newState);
  }

  /** Waits until the guest is off or panicked; false when the time is over first. */
  public boolean awaitEnd(Duration timeout) throws InterruptedException {
    if (!state.awaitEnd(timeout)) {
      return false;
    }
    hardware.vcpu().awaitRest();
    return true;
  }

  /** Whether the guest said, as it powered off, that its work went wrong. */
  public boolean guestFailed() {
    return guestFailed;
  }

  /**
   * Deterministic machines only: runs the action at exactly this poll, all frames spilled, on the
   * vCPU's thread, before interrupts are delivered; it may use everything of this machine except
   * methods that wait for the vCPU. To be called while the vCPU stands still, or by an action.
   */
  public void at(long poll, Runnable action) {
    requireDeterministic();
    if (!hardware.vcpu().atRest() && !hardware.vcpu().onThread()) {
      throw new IllegalStateException("actions are planned while the vCPU stands still");
    }
    hardware.vcpu().at(poll, action);
  }

  /**
   * Deterministic machines only: starts or resumes, and returns once the vCPU stands still at this
   * poll with all frames spilled (state PAUSED), or earlier: the guest ended, or sleeps with
   * nothing that would ever wake it. No STOP or RESUME event.
   *
   * @return the poll reached
   */
  public long runUntilPoll(long poll) {
    requireDeterministic();
    requireNoMachineLock();
    control.lock();
    try {
      requireOpen();
      RunState now = state();
      if (now == RunState.SHUTDOWN || now == RunState.GUEST_PANICKED) {
        return polls();
      }
      if (now == RunState.RUNNING
          || now == RunState.POSTMIGRATE
          || now == RunState.FINISH_MIGRATE) {
        throw new IllegalStateException("the machine is " + now.qemuName() + ", not paused");
      }
      hardware.vcpu().stopAt(poll);
      runIfLive();
      hardware.vcpu().awaitRest();
      hardware.vcpu().stopAt(Long.MAX_VALUE);
      hardware.park();
      state.move(RunState.RUNNING, RunState.PAUSED);
      return polls();
    } finally {
      control.unlock();
    }
  }

  /**
   * Deterministic machines only: ends {@link #runUntilPoll} at the next poll. To be called by an
   * action of {@link #at} or by a device of the {@link Workbench}, on the vCPU's thread.
   */
  public void stopHere() {
    requireDeterministic();
    if (!hardware.vcpu().onThread()) {
      throw new IllegalStateException("only the vCPU's own thread knows where it is");
    }
    hardware.vcpu().stop();
  }

  /**
   * Slows guest code down: so many percent of its time the vCPU sleeps (MIG-16). Without effect on
   * a deterministic machine, whose time is its polls.
   *
   * @param percent 0 to 99
   */
  public void throttle(int percent) {
    hardware.vcpu().throttle(percent);
  }

  /** Guest code goes on in another form from its next safepoint on. */
  public void setFlavour(Flavour flavour) {
    hardware.vcpu().flavour(flavour);
  }

  /** State changes, panics (with backtrace text) and shutdown, in order. */
  public void onEvent(Consumer<MachineEvent> listener) {
    events.listen(listener);
  }

  /** Stops everything and frees the memory. Idempotent. */
  @Override
  public void close() {
    requireNoMachineLock();
    control.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      hardware.close();
      state.move(RunState.RUNNING, RunState.SHUTDOWN);
    } finally {
      control.unlock();
    }
  }

  /** Machine lock held; on the vCPU's thread where the guest wrote the power register. */
  private void powerRequest(PowerRequest request) {
    switch (request) {
      case SUSPEND, WAKEUP -> events.emit(request.name(), "");
      case POWER_BUTTON -> events.emit("POWERDOWN", "");
      case POWER_OFF, REBOOT, FAILURE -> {
        guestFailed |= request == PowerRequest.FAILURE;
        hardware.vcpu().powerOff();
      }
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the machine is closed");
    }
  }

  /** On the vCPU's thread, at rest. */
  private final class Listener implements VcpuListener {
    @Override
    public void panicked(String oops) {
      hardware.park();
      hardware.print(oops.getBytes(StandardCharsets.ISO_8859_1));
      setState(RunState.GUEST_PANICKED);
      events.emit("GUEST_PANICKED", oops);
    }

    @Override
    public void poweredOff() {
      hardware.park();
      setState(RunState.SHUTDOWN);
      events.emit("SHUTDOWN", guestFailed() ? "guest-failure" : "guest-shutdown");
    }
  }
}
