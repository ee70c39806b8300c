package aerostat.vmm.machine;

import aerostat.devices.balloon.BalloonDevice;
import aerostat.devices.balloon.BalloonHost;
import aerostat.devices.power.PowerRequest;
import aerostat.mmio.bus.MmioBus;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.SnapshotRam;
import aerostat.mmio.state.FlatState;
import aerostat.vmm.cpu.Sanitizer;
import aerostat.vmm.cpu.VcpuLayout;
import aerostat.vmm.cpu.VcpuListener;
import aerostat.vmm.image.GuestImage;
import aerostat.vmm.image.RewrittenImage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A deterministic machine that boots once and then goes back to that moment, an idle poll, as often
 * as one likes: registers and devices by one copy of the flat state, RAM by the list of its dirty
 * pages. The thread that booted it does everything, or another after {@link #adopt}.
 */
public final class SnapshotMachine implements AutoCloseable {
  /** Polls after which a guest that has not reached its snapshot is given up. */
  private static final long BOOT_LIMIT = 50_000_000;

  /** The driver is calm after so many, and its first report of free pages is still to come. */
  private static final int CALM_POLLS = 1_000;

  private final Hardware hardware;
  private final SnapshotRam ram;
  private final Arena arena = Arena.ofShared();
  private MemorySegment savedState = MemorySegment.NULL;
  private long savedPolls;
  private @Nullable String oops;
  private boolean poweredOff;

  private SnapshotMachine(
      MachineConfig config, GuestImage image, MachineHost host, HardwareHooks hooks) {
    if (!config.deterministic() || !config.memoryPath().isEmpty()) {
      throw new IllegalArgumentException(
          "a snapshot machine is deterministic, in memory of its own");
    }
    hardware = new Hardware(config, image, host, new Listener(), this::powerRequest, hooks);
    ram = SnapshotRam.of(hardware.memory());
    hardware.boot(config);
    hardware.unpark();
  }

  /** How a run ended. */
  public enum Stop {
    /** The polls are used up. */
    POLLS,
    /** The guest waits, and nothing will ever wake it. */
    ASLEEP,
    POWERED_OFF,
    PANICKED
  }

  /**
   * Boots a guest up to an idle poll with its balloon driver ready and calm, and takes the
   * snapshot.
   *
   * @param config deterministic, without a memory path
   * @param hooks its memory must be {@link SnapshotRam#memory}
   * @throws IllegalStateException if the guest does not get there
   */
  public static SnapshotMachine boot(
      MachineConfig config, GuestImage image, MachineHost host, HardwareHooks hooks) {
    SnapshotMachine machine = new SnapshotMachine(config, image, host, hooks);
    try {
      machine.adopt();
      machine.settle();
    } catch (RuntimeException | Error e) {
      machine.close();
      throw e;
    }
    return machine;
  }

  private void settle() {
    while (!balloon().driverReady()) {
      bootFurther(CALM_POLLS);
    }
    bootFurther(CALM_POLLS);
    hardware.vcpu().session(Long.MAX_VALUE, true);
    requireLive();
    savedState = arena.allocate(hardware.state().segment().byteSize(), 8);
    savedState.copyFrom(hardware.state().segment());
    savedPolls = polls();
    ram.take();
  }

  private void bootFurther(long polls) {
    Stop stop = run(polls);
    requireLive();
    if ((stop == Stop.ASLEEP && !balloon().driverReady()) || polls() > BOOT_LIMIT) {
      throw new IllegalStateException(
          "the guest has no balloon driver after " + polls() + " polls");
    }
  }

  private void requireLive() {
    if (oops != null || poweredOff) {
      throw new IllegalStateException("the guest ended while it booted: " + oops);
    }
  }

  /** From here on the calling thread is the one that drives the machine. */
  public void adopt() {
    hardware.vcpu().adopt();
  }

  /** Back to the snapshot. */
  public void rewind() {
    ram.rewind();
    hardware.state().rewind(savedState);
    oops = null;
    poweredOff = false;
  }

  /** As {@link #rewind}, where {@link #difference} has found one. */
  public void restore() {
    ram.restore();
    rewind();
  }

  /**
   * After {@link #rewind}: what differs from the snapshot, by a look at every byte; null if nothing
   * does.
   */
  public @Nullable String difference() {
    int page = ram.firstDifference();
    if (page >= 0) {
      return "page " + page + " of RAM";
    }
    long at = savedState.mismatch(hardware.state().segment());
    return at < 0 ? null : "byte " + at + " of the state";
  }

  /** Lets the guest run for so many polls, or to its end. */
  public Stop run(long polls) {
    if (lifecycle() == VcpuLayout.LIVE) {
      long until = polls() + polls;
      hardware.vcpu().session(until, false);
      if (lifecycle() == VcpuLayout.LIVE) {
        return polls() < until ? Stop.ASLEEP : Stop.POLLS;
      }
    }
    return lifecycle() == VcpuLayout.PANICKED ? Stop.PANICKED : Stop.POWERED_OFF;
  }

  /**
   * Lets the guest run until it waits for an interrupt.
   *
   * @param polls most polls
   * @return whether it waits, or has ended
   */
  public boolean runToIdle(long polls) {
    long until = polls() + polls;
    if (lifecycle() == VcpuLayout.LIVE) {
      hardware.vcpu().session(until, true);
    }
    return polls() < until || lifecycle() != VcpuLayout.LIVE;
  }

  /** Whether the guest powered off or panicked. */
  public boolean ended() {
    return lifecycle() != VcpuLayout.LIVE;
  }

  private int lifecycle() {
    return hardware.vcpu().lifecycle();
  }

  /** Polls since boot. */
  public long polls() {
    return hardware.vcpu().polls();
  }

  /** Polls since the snapshot. */
  public long pollsSince() {
    return polls() - savedPolls;
  }

  /** The panic's text, null if there was none. */
  public @Nullable String oops() {
    return oops;
  }

  public SnapshotRam ram() {
    return ram;
  }

  /** The code that runs. */
  public RewrittenImage image() {
    return hardware.image();
  }

  public GuestMemory memory() {
    return hardware.memory();
  }

  public FlatState state() {
    return hardware.state();
  }

  public MmioBus bus() {
    return hardware.bus();
  }

  /** Guest-physical address of the balloon's window. */
  public static long balloonWindow() {
    return Board.BALLOON;
  }

  /** With {@link #lock} held. */
  public BalloonHost balloon() {
    return hardware.balloon().host();
  }

  public BalloonDevice balloonDevice() {
    return hardware.balloon();
  }

  public Sanitizer sanitizer() {
    return hardware.sanitizer();
  }

  public ReentrantLock lock() {
    return hardware.lock();
  }

  private void powerRequest(PowerRequest request) {
    poweredOff = true;
    hardware.vcpu().powerOff();
  }

  @Override
  public void close() {
    hardware.close();
    arena.close();
  }

  private final class Listener implements VcpuListener {
    @Override
    public void panicked(String text) {
      oops = text;
    }

    @Override
    public void poweredOff() {
      poweredOff = true;
    }
  }
}
