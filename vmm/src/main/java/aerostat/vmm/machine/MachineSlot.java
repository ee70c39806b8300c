package aerostat.vmm.machine;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.mmio.virtio.VirtioMmioOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The one place of a VMM process where a machine is, or will come from a stream. Thread-safe. */
public final class MachineSlot {
  private final ExpectedConfig expected;
  private final MachineHost host;
  private final @Nullable Path memoryPath;
  private final List<Consumer<MachineEvent>> listeners = new CopyOnWriteArrayList<>();
  private @Nullable Machine machine;

  /** A slot for any machine. */
  public MachineSlot() {
    this(ExpectedConfig.NONE);
  }

  /**
   * @param expected what an incoming machine must be like
   */
  public MachineSlot(ExpectedConfig expected) {
    this(expected, MachineHost.SILENT);
  }

  /**
   * @param expected what an incoming machine must be like
   * @param host console and trace that a machine from a stream gets
   */
  public MachineSlot(ExpectedConfig expected, MachineHost host) {
    this(expected, host, null);
  }

  /**
   * @param memoryPath the file that a machine from a stream gets as its RAM; null for anonymous
   *     memory. Each process's own business: it is neither sent nor compared
   */
  public MachineSlot(ExpectedConfig expected, MachineHost host, @Nullable Path memoryPath) {
    this.expected = expected;
    this.host = host;
    this.memoryPath = memoryPath;
  }

  /** The machine, or null while a destination still waits for one. */
  public synchronized @Nullable Machine machine() {
    return machine;
  }

  /** Puts a machine in; an IllegalStateException when there is one. */
  public synchronized void put(Machine newMachine) {
    if (machine != null) {
      throw new IllegalStateException("there is a machine already");
    }
    machine = newMachine;
    newMachine.onEvent(
        event -> {
          if (machine() == newMachine) {
            listeners.forEach(listener -> listener.accept(event));
          }
        });
  }

  /** Takes the machine out and closes it (rejected stream, quit). */
  public void clear() {
    Machine taken;
    synchronized (this) {
      taken = machine;
      machine = null;
    }
    if (taken != null) {
      taken.close();
    }
  }

  /** What the command line of a destination said; null parts were not given. */
  public ExpectedConfig expected() {
    return expected;
  }

  /** Console and trace for {@link Machine#incoming}. */
  public MachineHost host() {
    return host;
  }

  /** This configuration on this host: with RAM of its own. */
  public MachineConfig local(MachineConfig config) {
    return new MachineConfig(
        config.memoryBytes(),
        config.append(),
        config.balloon(),
        config.virtioMmio(),
        config.deterministic(),
        config.seed(),
        memoryPath == null ? "" : memoryPath.toString());
  }

  /** Events of whatever machine is in the slot, now and later. */
  public void onEvent(Consumer<MachineEvent> listener) {
    listeners.add(listener);
  }

  /**
   * Flags given on a destination.
   *
   * @param memoryBytes null if not given, and so on
   */
  public record ExpectedConfig(
      @Nullable Long memoryBytes,
      @Nullable String append,
      @Nullable BalloonOptions balloon,
      @Nullable VirtioMmioOptions virtioMmio,
      @Nullable Boolean deterministic) {
    public static final ExpectedConfig NONE = new ExpectedConfig(null, null, null, null, null);
  }
}
