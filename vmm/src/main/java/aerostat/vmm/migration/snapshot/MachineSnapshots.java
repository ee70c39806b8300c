package aerostat.vmm.migration.snapshot;

import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineConfig;
import aerostat.vmm.machine.MachineHost;
import aerostat.vmm.machine.MachineSlot.ExpectedConfig;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.guest.GuestHost;
import aerostat.vmm.migration.guest.MachineGuest;
import aerostat.vmm.migration.guest.MovableGuest;
import aerostat.vmm.migration.guest.SetupMessage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** Snapshots of machines that stand still, for programs and tests. */
public final class MachineSnapshots {
  private MachineSnapshots() {}

  /**
   * Writes a whole snapshot of a machine that does not run; it stays as it is.
   *
   * @throws IllegalStateException if it runs
   * @throws IOException if the file cannot be written; none is left then
   */
  public static void save(Machine machine, Path file) throws IOException {
    if (machine.state() == RunState.RUNNING) {
      throw new IllegalStateException("the machine must be paused");
    }
    MovableGuest guest = new MachineGuest(machine);
    GuestMemory memory = guest.memory();
    try (SnapshotWriter out = new SnapshotWriter(file, memory, null)) {
      memory.settleOwners();
      out.pages(memory.romSize() >>> GuestMemory.PAGE_SHIFT, memory.pages());
      out.finish(parts(guest, out), false);
    }
  }

  /** What a file holds besides RAM; the guest is paused. */
  static SnapshotWriter.Parts parts(MovableGuest guest, SnapshotWriter out) {
    return new SnapshotWriter.Parts(
        SetupMessage.of(out.uuid(), guest, false, 0).encode(),
        guest.imageBytes(),
        guest.flatState().save(),
        guest.memory().owners().save());
  }

  /**
   * The machine of a snapshot, in state PAUSED.
   *
   * @throws IOException if the file or one of its parents is unsound
   */
  public static Machine restore(Path file, MachineHost host) throws IOException {
    try (SnapshotChain chain = SnapshotChain.open(file)) {
      MovableGuest guest = SnapshotRestore.restore(chain, new AnyPlace(host), false);
      guest.setState(RunState.PAUSED);
      return ((MachineGuest) guest).machine();
    }
  }

  private record AnyPlace(MachineHost host) implements GuestHost {
    @Override
    public @Nullable MovableGuest present() {
      return null;
    }

    @Override
    public ExpectedConfig expected() {
      return ExpectedConfig.NONE;
    }

    @Override
    public MovableGuest build(MachineConfig config, byte[] image) {
      return new MachineGuest(Machine.incoming(config, image, host));
    }

    @Override
    public MovableGuest build(MachineConfig config, byte[] image, LongFunction<GuestMemory> ram) {
      return new MachineGuest(Machine.incoming(config, image, host, MachineGuest.hooks(ram)));
    }

    @Override
    public void install(MovableGuest guest) {}

    @Override
    public void remove() {}
  }
}
