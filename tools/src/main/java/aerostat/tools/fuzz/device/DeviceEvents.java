package aerostat.tools.fuzz.device;

import aerostat.tools.fuzz.FuzzLog;
import aerostat.tools.fuzz.HostEvents;
import aerostat.tools.fuzz.InputBytes;
import aerostat.tools.fuzz.ring.Wire;
import aerostat.tools.fuzz.ring.WireEvents;
import aerostat.vmm.machine.SnapshotMachine;

/** Decodes an input's next event and lets it happen. */
final class DeviceEvents {
  // Beside those of WireEvents.
  static final int RUN = 7;
  static final int HOST = 10;
  private static final int EVENTS = 12;

  /** The poll budget of an input, more or less. */
  private static final int MOST_POLLS = 400;

  private final SnapshotMachine machine;
  private final WireEvents wire;
  private final HostEvents host;

  DeviceEvents(SnapshotMachine machine, Wire wire) {
    this.machine = machine;
    this.wire = new WireEvents(wire, SnapshotMachine.balloonWindow(), 0);
    this.host = new HostEvents(machine, number -> number << 20);
  }

  void next(InputBytes in, FuzzLog log) {
    int event = in.below(EVENTS);
    switch (event) {
      case RUN -> {
        int polls = (int) Math.max(1, Math.min(in.u8(), MOST_POLLS - machine.pollsSince()));
        SnapshotMachine.Stop stop = machine.run(polls);
        if (log.on()) {
          log.say("guest runs %d polls: %s".formatted(polls, stop));
        }
      }
      case HOST -> host.next(in, log);
      default -> wire.next(event, in, log);
    }
  }
}
