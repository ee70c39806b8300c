package aerostat.tools.fuzz.device;

import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.memory.GuestAddressException;
import aerostat.mmio.memory.GuestMemory;
import aerostat.tools.fuzz.BootedGuest;
import aerostat.tools.fuzz.ErrorLog;
import aerostat.tools.fuzz.FuzzFinding;
import aerostat.tools.fuzz.FuzzLog;
import aerostat.tools.fuzz.FuzzTarget;
import aerostat.tools.fuzz.InputBytes;
import aerostat.tools.fuzz.Outcomes;
import aerostat.tools.fuzz.ring.BusWindow;
import aerostat.tools.fuzz.ring.QueueAreas;
import aerostat.tools.fuzz.ring.Wire;
import aerostat.tools.fuzz.ring.WireEvents;
import aerostat.vmm.machine.SnapshotMachine;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

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

  private static final int LINE = 1;

  private final @Nullable UserDevice own;
  private final BootedGuest guest;
  private final SnapshotMachine machine;
  private final QueueAreas areas;
  private final RamProperties ram;
  private final Wire wire;
  private final DeviceEvents events;
  private final DeviceProperties properties;
  private final HostProperties told;
  private final Outcomes outcomes = new Outcomes();
  private final byte[] edges;
  private final InputBytes input = new InputBytes();

  /**
   * @throws IllegalArgumentException if the setup names a user's device that cannot be had
   */
  public DeviceTarget(BootedGuest.Setup setup) {
    this(setup, setup.device().none() ? null : setup.device().make());
  }

  private DeviceTarget(BootedGuest.Setup setup, @Nullable UserDevice own) {
    this(setup, (ours, memory, interrupts) -> attached(own, ours, memory, interrupts), own);
  }

  /**
   * @param between what the true transport is seen through: a defect
   */
  public DeviceTarget(BootedGuest.Setup setup, BootedGuest.Between between) {
    this(setup, between, null);
  }

  private DeviceTarget(
      BootedGuest.Setup setup, BootedGuest.Between between, @Nullable UserDevice own) {
    this.own = own;
    ErrorLog.watch();
    InterruptController[] controller = new InterruptController[1];
    QueueAreas[] before = new QueueAreas[1];
    guest =
        BootedGuest.boot(
            setup,
            (transport, memory, interrupts) -> {
              controller[0] = interrupts;
              before[0] = new QueueAreas(between.wrap(transport, memory, interrupts));
              return before[0];
            });
    machine = guest.machine();
    areas = Objects.requireNonNull(before[0]);
    ram =
        new RamProperties(
            new BusWindow(machine.bus(), SnapshotMachine.balloonWindow()), machine, areas);
    wire = new Wire(machine.memory(), ram);
    told = new HostProperties(machine, wire, Objects.requireNonNull(controller[0]));
    events = new DeviceEvents(machine, wire, ram, told, outcomes);
    properties = new DeviceProperties(machine, wire);
    edges = new byte[guest.edges().length + outcomes.counters().length];
    try {
      if (own != null) {
        own.take();
      }
      areas.take();
    } catch (RuntimeException | LinkageError | AssertionError e) {
      close();
      throw new FuzzFinding("exception", "take: " + e, e);
    }
  }

  private static MmioDevice attached(
      @Nullable UserDevice own,
      MmioDevice ours,
      GuestMemory memory,
      InterruptController interrupts) {
    if (own == null) {
      return ours;
    }
    try {
      own.attach(ours, memory, interrupts, LINE);
    } catch (RuntimeException | LinkageError | AssertionError e) {
      throw new FuzzFinding("exception", "attach: " + e, e);
    }
    return own;
  }

  @Override
  public void run(byte[] bytes, FuzzLog log) {
    guest.rewind(log);
    areas.rewind();
    if (own != null) {
      own.rewind();
    }
    input.begin(bytes);
    wire.begin();
    told.begin();
    ErrorLog.clear();
    try {
      for (int i = 0; i < MOST_EVENTS && !input.atEnd(); i++) {
        events.next(input, log);
        properties.check();
        ErrorLog.check();
      }
      machine.run(Math.max(1, LEAST_POLLS - machine.pollsSince()));
      ram.guestRan();
      properties.checkUsable(log);
      ErrorLog.check();
    } catch (GuestAddressException | IllegalStateException | IndexOutOfBoundsException e) {
      throw new FuzzFinding("exception", String.valueOf(e.getMessage()), e);
    }
  }

  /** Those of guest code, then what the device was seen to do. */
  @Override
  public byte[] edges() {
    take(guest.edges(), 0);
    take(outcomes.counters(), guest.edges().length);
    return edges;
  }

  private void take(byte[] counters, int at) {
    System.arraycopy(counters, 0, edges, at, counters.length);
    Arrays.fill(counters, (byte) 0);
  }

  @Override
  public BootedGuest guest() {
    return guest;
  }

  /** An input after which the guest inflates by 12 MiB for {@link #LEAST_POLLS}. */
  public static byte[] inflating() {
    return WireEvents.seed(DeviceEvents.HOST, 0, 20);
  }

  /** Accesses to registers so far, by inputs and properties, without the guest's own. */
  public long accesses() {
    return wire.accesses();
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
