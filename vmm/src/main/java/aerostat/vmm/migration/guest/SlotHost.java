package aerostat.vmm.migration.guest;

import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineConfig;
import aerostat.vmm.machine.MachineSlot;
import aerostat.vmm.machine.MachineSlot.ExpectedConfig;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** A process's slot as the place where guests are. */
public record SlotHost(MachineSlot slot) implements GuestHost {
  @Override
  public @Nullable MovableGuest present() {
    Machine machine = slot.machine();
    return machine == null ? null : new MachineGuest(machine);
  }

  @Override
  public ExpectedConfig expected() {
    return slot.expected();
  }

  @Override
  public MovableGuest build(MachineConfig config, byte[] image) {
    return new MachineGuest(Machine.incoming(slot.local(config), image, slot.host()));
  }

  @Override
  public MovableGuest build(MachineConfig config, byte[] image, LongFunction<GuestMemory> ram) {
    MachineConfig local = slot.local(config);
    if (!local.memoryPath().isEmpty()) {
      throw new IllegalArgumentException(
          "--memory-path does not go with a snapshot, whose file is behind the guest's memory");
    }
    return new MachineGuest(Machine.incoming(local, image, slot.host(), MachineGuest.hooks(ram)));
  }

  @Override
  public void install(MovableGuest guest) {
    slot.put(((MachineGuest) guest).machine());
  }

  @Override
  public void remove() {
    slot.clear();
  }
}
