package aerostat.tools.fuzz.device;

import aerostat.mmio.state.StateRefusedException;
import aerostat.mmio.virtio.MmioRegisters;
import aerostat.tools.fuzz.FuzzFinding;
import aerostat.tools.fuzz.FuzzLog;
import aerostat.tools.fuzz.HostEvents;
import aerostat.tools.fuzz.InputBytes;
import aerostat.tools.fuzz.Outcomes;
import aerostat.tools.fuzz.ring.Wire;
import aerostat.tools.fuzz.ring.WireEvents;
import aerostat.vmm.machine.SnapshotMachine;
import java.util.Arrays;

/** Decodes an input's next event, lets it happen, and checks what has to come of this very one. */
final class DeviceEvents {
  // Beside those of WireEvents.
  static final int RUN = 7;
  static final int HOST = 10;
  static final int CHAIN = 12;
  static final int RESTORE = 13;
  private static final int EVENTS = 15;

  /** Events after which the rings are still as {@link Wire#orderly} promises. */
  private static final boolean[] KEEPS_ORDER = new boolean[EVENTS];

  static {
    for (int event : new int[] {WireEvents.NOTIFY, WireEvents.FILL, HOST, CHAIN, RESTORE}) {
      KEEPS_ORDER[event] = true;
    }
  }

  /** The poll budget of an input, more or less. */
  private static final int MOST_POLLS = 400;

  private final SnapshotMachine machine;
  private final Wire wire;
  private final RamProperties ram;
  private final WireEvents wireEvents;
  private final HostEvents host;
  private final HostProperties told;
  private final ChainEvent chains;
  private final Outcomes outcomes;

  DeviceEvents(
      SnapshotMachine machine,
      Wire wire,
      RamProperties ram,
      HostProperties told,
      Outcomes outcomes) {
    this.machine = machine;
    this.wire = wire;
    this.ram = ram;
    this.told = told;
    this.outcomes = outcomes;
    wireEvents = new WireEvents(wire, SnapshotMachine.balloonWindow(), 0);
    host = new HostEvents(machine, number -> number << 20);
    chains =
        new ChainEvent(
            wire, wireEvents, new ChainProperties(machine, wire, ram, outcomes), this::hintStart);
  }

  void next(InputBytes in, FuzzLog log) {
    int event = in.below(EVENTS);
    wire.orderly(wire.orderly() && KEEPS_ORDER[event]);
    switch (event) {
      case RUN -> run(in, log);
      case HOST -> {
        ram.before();
        int what = host.next(in, log);
        ram.after();
        told.checkHost(what);
      }
      case CHAIN -> chains.next(in, log);
      case RESTORE -> restore(log);
      default -> wireEvents.next(event, in, log);
    }
    told.check();
    int status = wire.read(MmioRegisters.STATUS);
    outcomes.saw(event << 8 | (status & 0x7f) | (wire.orderly() ? 0x80 : 0));
  }

  /** What the guest says meanwhile stands between the two lines. */
  private void run(InputBytes in, FuzzLog log) {
    int polls = (int) Math.max(1, Math.min(in.u8(), MOST_POLLS - machine.pollsSince()));
    if (log.on()) {
      log.say("guest runs " + polls + " polls");
    }
    SnapshotMachine.Stop stop = machine.run(polls);
    ram.guestRan();
    if (log.on()) {
      log.say(
          switch (stop) {
            case POLLS -> "guest stops: its polls are used up";
            case ASLEEP -> "guest stops: it sleeps, and nothing will wake it";
            case POWERED_OFF -> "guest stops: it has powered off";
            case PANICKED -> "guest stops: it has panicked";
          });
    }
  }

  private void hintStart() {
    told.begin();
    ram.before();
    host.hintStart();
    ram.after();
    told.checkHost(HostEvents.HINT_START);
  }

  /** The state goes out and in again, as when the guest is moved. */
  private void restore(FuzzLog log) {
    if (log.on()) {
      log.say("state is saved and restored");
    }
    ram.before();
    byte[] saved = machine.state().save();
    try {
      machine.state().restore(saved);
    } catch (StateRefusedException refused) {
      throw new FuzzFinding("restore refused", String.valueOf(refused.getMessage()));
    }
    ram.after();
    int at = Arrays.mismatch(saved, machine.state().save());
    if (at >= 0) {
      throw new FuzzFinding("restore", "a restored state differs from itself at byte " + at);
    }
  }
}
