package aerostat.vmm.machine;

import aerostat.devices.balloon.BalloonHost;
import aerostat.devices.balloon.HintStatus;
import aerostat.devices.power.PowerDevice;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageGate;
import aerostat.mmio.state.FlatState;
import aerostat.vmm.cpu.Sanitizer;
import aerostat.vmm.image.Flavour;
import aerostat.vmm.image.ResumeTable;
import java.util.concurrent.locks.ReentrantLock;

/** What a machine is made of and what can be read off it, whether it runs or stands still. */
public abstract sealed class MachineView permits Machine {
  private final MachineConfig config;
  private final MachineHost host;

  MachineView(MachineConfig config, MachineHost host) {
    this.config = config;
    this.host = host;
  }

  abstract Hardware hardware();

  public MachineConfig config() {
    return config;
  }

  /** What the host gave this machine. */
  public MachineHost host() {
    return host;
  }

  /** Button, sleep and wake-up; with the machine lock held. */
  public PowerDevice power() {
    return hardware().power();
  }

  /** Where the machine is in its life. */
  public abstract RunState state();

  /** Polls consumed since boot: the virtual time. Exact when stopped. */
  public long polls() {
    return hardware().vcpu().polls();
  }

  /** {@link System#nanoTime} when guest code last came to rest; 0 before. */
  public long restedAt() {
    return hardware().vcpu().restedAt();
  }

  /** {@link System#nanoTime} when guest code last woke from rest; 0 before. */
  public long wokeAt() {
    return hardware().vcpu().wokeAt();
  }

  /** The form asked for last. */
  public Flavour flavour() {
    return hardware().vcpu().flavour();
  }

  /** Where the sanitizing flavour reports. */
  public Sanitizer sanitizer() {
    return hardware().sanitizer();
  }

  public GuestMemory memory() {
    return hardware().memory();
  }

  public FlatState flatState() {
    return hardware().state();
  }

  /**
   * The lock that QEMU would call the BQL: held for device work and every {@link BalloonHost} call.
   */
  public ReentrantLock lock() {
    return hardware().lock();
  }

  public BalloonHost balloon() {
    return hardware().balloon().host();
  }

  /** Where the balloon's hinting stands (F.3). */
  public HintStatus hintStatus() {
    return hardware().balloon().hintStatus();
  }

  /** The canonical image as it lies at the start of RAM. */
  public byte[] imageBytes() {
    return hardware().image().image().encode();
  }

  /** SHA-256 of the image; two VMMs that differ cannot exchange a guest. */
  public byte[] imageDigest() {
    return hardware().image().digest();
  }

  /** SHA-256 of the meaning of every frame, and so of what the rewriter made of the image. */
  public byte[] resumeTableDigest() {
    return hardware().image().resumeTable().digest();
  }

  /** Explains the frames on the guest's stacks. */
  public ResumeTable resumeTable() {
    return hardware().image().resumeTable();
  }

  /** Guest monotonic time, ns since boot; never steps back over a move. */
  public long guestTime() {
    return hardware().vcpu().guestTime();
  }

  /** Pages by owner, and resident bytes. */
  public PageStates pageStates() {
    lock().lock();
    long[] counts;
    try {
      memory().settleOwners();
      counts = memory().owners().counts();
    } finally {
      lock().unlock();
    }
    return new PageStates(counts[0], counts[1], counts[2], counts[3], memory().residentBytes());
  }

  /**
   * Hash over every RAM byte, registers and device state (x-query-ram-hash).
   *
   * @param everything true: no exclusions; false: pages that the host holds contribute their
   *     owner's letter; so do hinted pages that were not written since
   * @throws IllegalStateException while the vCPU runs
   */
  public String ramHash(boolean everything) {
    if (!hardware().vcpu().onThread()) {
      if (state() == RunState.RUNNING) {
        throw new IllegalStateException("a guest that runs has no hash: stop it first");
      }
      hardware().vcpu().awaitRest();
    }
    PageGate gate = memory().gate();
    if (gate != null && !gate.mayCome()) {
      throw new IllegalStateException("pages are missing; migrate-recover comes first");
    }
    memory().settleOwners();
    return RamHash.of(memory(), flatState().segment(), everything);
  }

  final void requireDeterministic() {
    if (!config().deterministic()) {
      throw new IllegalStateException("only a deterministic machine has exact polls");
    }
  }

  final void requireNoMachineLock() {
    if (lock().isHeldByCurrentThread()) {
      throw new IllegalStateException("waiting for the vCPU with the machine lock held");
    }
  }
}
