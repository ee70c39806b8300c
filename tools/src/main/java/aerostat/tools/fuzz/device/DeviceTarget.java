package aerostat.tools.fuzz.device;

import aerostat.mmio.memory.GuestAddressException;
import aerostat.tools.fuzz.BootedGuest;
import aerostat.tools.fuzz.FuzzFinding;
import aerostat.tools.fuzz.FuzzLog;
import aerostat.tools.fuzz.FuzzTarget;
import aerostat.tools.fuzz.InputBytes;
import aerostat.tools.fuzz.ring.BusWindow;
import aerostat.tools.fuzz.ring.Wire;
import aerostat.tools.fuzz.ring.WireEvents;
import aerostat.vmm.machine.SnapshotMachine;
import java.util.List;

/**
 * A hostile driver beside the guest's own: an input is a sequence of register accesses, ring writes
 * and runs of the guest. The guest may come to grief, for the input writes its memory; the device
 * and the VMM may not.
 */
public final class DeviceTarget implements FuzzTarget {
  /** Polls that the guest runs for each input, at least. */
  public static final int LEAST_POLLS = 200;

  /** Events of one input; what comes after them is not looked at. */
  private static final int MOST_EVENTS = 64;

  private final BootedGuest guest;
  private final SnapshotMachine machine;
  private final Wire wire;
  private final DeviceEvents events;
  private final DeviceProperties properties;
  private final InputBytes input = new InputBytes();

  public DeviceTarget(BootedGuest.Setup setup) {
    this(setup, (transport, memory, interrupts) -> transport);
  }

  /**
   * @param between what the true transport is seen through: a device of one's own, or a defect
   */
  public DeviceTarget(BootedGuest.Setup setup, BootedGuest.Between between) {
    guest = BootedGuest.boot(setup, between);
    machine = guest.machine();
    wire =
        new Wire(machine.memory(), new BusWindow(machine.bus(), SnapshotMachine.balloonWindow()));
    events = new DeviceEvents(machine, wire);
    properties = new DeviceProperties(machine, wire);
  }

  @Override
  public void run(byte[] bytes, FuzzLog log) {
    guest.rewind();
    input.begin(bytes);
    wire.begin();
    properties.begin();
    try {
      for (int i = 0; i < MOST_EVENTS && !input.atEnd(); i++) {
        events.next(input, log);
        properties.check();
      }
      machine.run(Math.max(1, LEAST_POLLS - machine.pollsSince()));
      properties.checkUsable(log);
    } catch (GuestAddressException | IllegalStateException | IndexOutOfBoundsException e) {
      throw new FuzzFinding("exception", String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public byte[] edges() {
    return guest.edges();
  }

  /** What drives the guest, for measurements. */
  public BootedGuest guest() {
    return guest;
  }

  @Override
  public Iterable<byte[]> seeds() {
    return List.of(
        new byte[] {0},
        WireEvents.seed(WireEvents.INIT, 0xff, 2, 0, WireEvents.SEND, 0, 1, 4),
        WireEvents.seed(
            WireEvents.INIT, 0xff, 2, 0, WireEvents.SEND, 3, 1, 4, DeviceEvents.HOST, 2),
        WireEvents.seed(WireEvents.INIT, 0xff, 2, 15, WireEvents.SEND, 0, 1, 4),
        WireEvents.seed(WireEvents.INIT, 0x7f, 1, 1, WireEvents.SEND, 3, 2, 4),
        WireEvents.seed(DeviceEvents.HOST, 0, 20, DeviceEvents.RUN, 200, WireEvents.NOTIFY, 1));
  }

  @Override
  public void close() {
    machine.close();
  }
}
