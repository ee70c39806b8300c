package aerostat.tools.fuzz.queue;

import aerostat.mmio.bus.DeviceExecutor;
import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.SnapshotRam;
import aerostat.mmio.mock.MockDriver;
import aerostat.mmio.mock.MockPackedRing;
import aerostat.mmio.mock.MockRing;
import aerostat.mmio.state.FlatState;
import aerostat.mmio.trace.Trace;
import aerostat.mmio.virtio.MmioRegisters;
import aerostat.mmio.virtio.Virtio;
import aerostat.mmio.virtio.VirtioMmioTransport;
import aerostat.tools.fuzz.FuzzFinding;
import aerostat.tools.fuzz.FuzzLog;
import aerostat.tools.fuzz.FuzzTarget;
import aerostat.tools.fuzz.InputBytes;
import aerostat.tools.fuzz.Outcomes;
import aerostat.tools.fuzz.ring.Wire;
import aerostat.tools.fuzz.ring.WireEvents;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The device's side of a ring alone, in memory whose driver writes what it likes, also while the
 * device works. No guest, no thread.
 */
public final class RingTarget implements FuzzTarget {
  // Beside the events of WireEvents.
  private static final int RACE = 7;
  private static final int GIVE_BACK = 10;
  private static final int POKE = 12;
  private static final int POLICY = 13;
  private static final int EVENTS = 15;

  /** A first byte from here on is an event of {@link LimitEvents}; the others mean theirs twice. */
  private static final int LIMITS = 0xf0;

  private static final int MOST_EVENTS = 96;
  private static final int LINE = 1;
  private static final int ROM = 8192;
  private static final long MEMORY = 512 << 10;
  private static final long NO_WINDOW = 0x0a00_0000;

  private static final long OPTIONS =
      Virtio.F_INDIRECT_DESC
          | Virtio.F_EVENT_IDX
          | Virtio.F_NOTIFICATION_DATA
          | Virtio.F_RING_RESET;

  private final boolean packed;
  private final ReentrantLock lock = new ReentrantLock();
  private final GuestMemory memory = SnapshotRam.memory(MEMORY);
  private final SnapshotRam ram = SnapshotRam.of(memory);
  private final Arena arena = Arena.ofShared();
  private final FlatState state = new FlatState();
  private final InterruptController interrupts = new InterruptController(state);
  private final DeviceExecutor executor = DeviceExecutor.inline(lock);
  private final Outcomes outcomes = new Outcomes();
  private final EchoDevice device;
  private final RingAreas areas;
  private final Shadow shadow;
  private final Mutations mutations;
  private final Wire wire;
  private final WireEvents events;
  private final LimitEvents limits;
  private final MemorySegment initial;
  private final InputBytes input = new InputBytes();
  private int event;

  public RingTarget(boolean packed) {
    this(packed, UnaryOperator.identity());
  }

  /**
   * @param between what the true transport is seen through: a defect
   */
  public RingTarget(boolean packed, UnaryOperator<MmioDevice> between) {
    this.packed = packed;
    long required = packed ? Virtio.F_RING_PACKED : 0;
    device = new EchoDevice(OPTIONS | required, required, outcomes);
    VirtioMmioTransport transport =
        new VirtioMmioTransport(
            "virtio0", device, memory, interrupts, LINE, state, executor, Trace.OFF);
    state.seal();
    memory.installRom(new byte[ROM]);
    ram.take();
    initial = arena.allocate(state.segment().byteSize(), 8).copyFrom(state.segment());
    areas =
        new RingAreas(between.apply(transport), EchoDevice.QUEUES, () -> device.port().features());
    shadow = new Shadow(memory);
    mutations = new Mutations(memory, shadow);
    device.watch(areas, shadow, mutations);
    memory.gate(mutations);
    wire = new Wire(memory, new Turns());
    events = new WireEvents(wire, NO_WINDOW, required);
    limits = new LimitEvents(wire);
  }

  /** The driver's accesses: around each, memory is compared, and locked as the bus would. */
  private final class Turns implements MmioDevice {
    @Override
    public long read(long offset, int width) {
      return areas.read(offset, width);
    }

    @Override
    public void write(long offset, int width, long value) {
      shadow.takeOver();
      lock.lock();
      mutations.active(true);
      try {
        areas.write(offset, width, value);
      } finally {
        mutations.active(false);
        lock.unlock();
      }
      afterwards();
    }
  }

  private void afterwards() {
    FuzzFinding failure = device.failure();
    if (failure != null) {
      throw failure;
    }
    shadow.check();
    int status = (int) areas.read(MmioRegisters.INTERRUPT_STATUS, 4);
    boolean high = (interrupts.levels() & 1 << LINE) != 0;
    if (high != (status != 0)) {
      throw new FuzzFinding("interrupt", "line and InterruptStatus say different things");
    }
    outcomes.saw(100_000 + event * 256 + (int) areas.read(MmioRegisters.STATUS, 4));
  }

  @Override
  public void run(byte[] bytes, FuzzLog log) {
    mutations.clear();
    ram.rewind();
    state.rewind(initial);
    areas.begin();
    device.begin();
    shadow.begin();
    wire.begin();
    input.begin(bytes);
    try {
      for (int i = 0; i < MOST_EVENTS && !input.atEnd(); i++) {
        next(log);
      }
      checkUsable(log);
    } catch (FuzzFinding finding) {
      throw finding;
    } catch (RuntimeException e) {
      throw new FuzzFinding("exception", String.valueOf(e.getMessage()), e);
    }
  }

  private void next(FuzzLog log) {
    int first = input.u8();
    event = first < LIMITS ? first % EVENTS : EVENTS;
    switch (event) {
      case EVENTS -> limits.next(input, log);
      case RACE -> {
        int accesses = input.below(8) < 6 ? input.below(16) : input.u8();
        long place = place();
        int value = (int) input.number();
        if (log.on()) {
          log.say(
              "after %d accesses of the device 0x%x is 0x%x"
                  .formatted(accesses, place, value & 0xffff));
        }
        mutations.plan(accesses, place, value);
      }
      case GIVE_BACK -> {
        int which = input.u8();
        boolean gave = giveBack(which);
        if (log.on()) {
          log.say("the device returns a chain that it kept: " + (gave ? "done" : "none"));
        }
      }
      case POKE -> {
        long place = place();
        int value = (int) input.number();
        if (log.on()) {
          log.say("0x%x is 0x%x".formatted(place, value & 0xffff));
        }
        if (memory.isWritable(place, 2)) {
          memory.store16(place, value);
        }
      }
      case POLICY -> {
        EchoDevice.Policy policy =
            EchoDevice.Policy.values()[input.below(EchoDevice.Policy.values().length)];
        if (log.on()) {
          log.say("chains: " + policy);
        }
        device.policy(policy);
      }
      default -> events.next(event, input, log);
    }
  }

  private boolean giveBack(int which) {
    shadow.takeOver();
    lock.lock();
    mutations.active(true);
    try {
      return device.giveBack(which);
    } finally {
      mutations.active(false);
      lock.unlock();
      afterwards();
    }
  }

  /** An even address in a ring, mostly. */
  private long place() {
    int choice = input.u8();
    int queue = choice >> 4 & 3;
    return switch (choice & 7) {
      case 0, 1 -> wire.descriptors(queue) + 2L * input.below(32);
      case 2, 3 -> wire.driverArea(queue) + 2L * (input.u8() % 8);
      case 4 -> wire.descriptors(queue) + 2L * input.u8();
      case 5 -> wire.table(queue) + 2L * input.below(64);
      case 6 -> wire.deviceArea(queue) + 2L * input.u8();
      default -> events.address(input) & ~1L;
    };
  }

  /** After a reset a driver that behaves gets a buffer there and back, and an interrupt. */
  private void checkUsable(FuzzLog log) {
    if (log.on()) {
      log.say("a driver that behaves takes over");
    }
    mutations.clear();
    device.policy(EchoDevice.Policy.RETURN);
    MockDriver driver = new MockDriver(new Turns(), memory, wire.spare());
    driver.negotiate(Virtio.F_EVENT_IDX | (packed ? Virtio.F_RING_PACKED : 0));
    if (packed) {
      MockPackedRing ring = driver.setUpPackedQueue(0, 8);
      driver.ready();
      int id = ring.send(driver.out32(7), driver.in(16));
      requireUsed(ring.poll(), id, driver);
    } else {
      MockRing ring = driver.setUpQueue(0, 8);
      driver.ready();
      int head = ring.send(driver.out32(7), driver.in(16));
      requireUsed(ring.poll(), head, driver);
    }
  }

  private static void requireUsed(MockRing.@Nullable Used used, int head, MockDriver driver) {
    if (used == null || used.head() != head || used.length() != 16) {
      throw new FuzzFinding("usable", "one entry for one buffer, not " + used);
    }
    if ((driver.acknowledge() & Virtio.INTERRUPT_USED) == 0) {
      throw new FuzzFinding("usable", "no interrupt for a used buffer");
    }
  }

  @Override
  public byte[] edges() {
    return outcomes.counters();
  }

  @Override
  public Iterable<byte[]> seeds() {
    byte[] init = {WireEvents.INIT, (byte) 0xff, 3, 8};
    return List.of(
        init,
        with(init, WireEvents.SEND, 0, 2, 16, 1, WireEvents.SEND, 1, 1, 4, 2),
        with(init, POLICY, 1, WireEvents.SEND, 0, 1, 8, 1, GIVE_BACK, 0, WireEvents.NOTIFY, 0),
        with(init, RACE, 0, 3, 0, 4, 9, WireEvents.SEND, 0, 1, 8, 1),
        with(init, RACE, 0, 1, 2, 1, 9, WireEvents.SEND, 1, 1, 8, 0, POKE, 2, 1, 3),
        with(init, WireEvents.SEND_TABLE, 0, 2, 16, 1, 3, WireEvents.SEND_TABLE, 0, 1, 8, 1, 1),
        with(init, LIMITS, 0, 0, 1, 0, LIMITS, 1, 1, 1, 0),
        with(init, POLICY, 2, WireEvents.SEND, 3, 1, 8, 1, POLICY, 0, WireEvents.NOTIFY, 3));
  }

  private static byte[] with(byte[] first, int... more) {
    byte[] seed = Arrays.copyOf(first, first.length + more.length);
    for (int i = 0; i < more.length; i++) {
      seed[first.length + i] = (byte) more[i];
    }
    return seed;
  }

  @Override
  public void close() {
    executor.close();
    memory.close();
    arena.close();
  }
}
