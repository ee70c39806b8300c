package aerostat.vmm.machine;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * SKELETON (owner: cpu+machine). The one place of a VMM process where a machine is, or will come
 * from a stream.
 */
public final class MachineSlot {
  /** The machine, or null while a destination still waits for one. */
  public @Nullable Machine machine() {
    throw new UnsupportedOperationException();
  }

  /** Puts a machine in; an IllegalStateException when there is one. */
  public void put(Machine machine) {
    throw new UnsupportedOperationException();
  }

  /** Takes the machine out and closes it (rejected stream, quit). */
  public void clear() {
    throw new UnsupportedOperationException();
  }

  /** What the command line of a destination said; null parts were not given. */
  public ExpectedConfig expected() {
    throw new UnsupportedOperationException();
  }

  /** Events of whatever machine is in the slot, now and later. */
  public void onEvent(Consumer<MachineEvent> listener) {
    throw new UnsupportedOperationException();
  }

  /**
   * Flags given on a destination.
   *
   * @param memoryBytes null if not given, and so on
   */
  public record ExpectedConfig(
      @Nullable Long memoryBytes,
      @Nullable String append,
      aerostat.devices.balloon.@Nullable BalloonOptions balloon,
      @Nullable Boolean deterministic) {
    public static final ExpectedConfig NONE = new ExpectedConfig(null, null, null, null);
  }
}
