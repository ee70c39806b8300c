package aerostat.vmm.migration;

import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineConfig;
import aerostat.vmm.machine.MachineSlot;
import aerostat.vmm.machine.MachineSlot.ExpectedConfig;
import org.jspecify.annotations.Nullable;

/** A process's slot as the place where guests are. */
record SlotHost(MachineSlot slot) implements GuestHost {
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
  public void install(MovableGuest guest) {
    slot.put(((MachineGuest) guest).machine());
  }

  @Override
  public void remove() {
    slot.clear();
  }
}
