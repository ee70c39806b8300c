package aerostat.vmm.migration.guest;

import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.machine.MachineConfig;
import aerostat.vmm.machine.MachineSlot.ExpectedConfig;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** The place in this process where a guest is or will be; {@link SlotHost} is the real one. */
public interface GuestHost {
  /** The guest here, or null. */
  @Nullable MovableGuest present();

  /** What the command line said a coming guest has to be. */
  ExpectedConfig expected();

  /**
   * Builds a machine without running it, for a guest that is arriving.
   *
   * @throws RuntimeException with the reason if this configuration or image cannot be had here
   */
  MovableGuest build(MachineConfig config, byte[] image);

  /**
   * As {@link #build(MachineConfig, byte[])}, with RAM that the caller provides.
   *
   * @param ram makes so many bytes of guest memory
   */
  default MovableGuest build(MachineConfig config, byte[] image, LongFunction<GuestMemory> ram) {
    throw new UnsupportedOperationException("no guest from a file here");
  }

  /** The arrived guest becomes the one of this process. */
  void install(MovableGuest guest);

  /** Takes out a guest that left, and closes it. */
  void remove();
}
