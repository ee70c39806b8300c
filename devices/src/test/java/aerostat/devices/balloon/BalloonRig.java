package aerostat.devices.balloon;

import aerostat.devices.clock.DrivenClock;
import aerostat.mmio.bus.DeviceExecutor;
import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.mock.LockedWindow;
import aerostat.mmio.mock.MockDriver;
import aerostat.mmio.mock.MockRing;
import aerostat.mmio.state.FlatState;
import aerostat.mmio.trace.TraceRecorder;
import aerostat.mmio.virtio.Virtio;
import aerostat.mmio.virtio.VirtioMmioOptions;
import aerostat.mmio.virtio.VirtioMmioTransport;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** A balloon behind its transport, a mock driver before it, a clock that the test moves. */
final class BalloonRig implements AutoCloseable {
  static final long SIZE = 8 << 20;
  static final int ROM = 16384;
  static final long FREE = GuestMemory.RAM_BASE + (4 << 20);
  static final BalloonOptions HINTS = BalloonOptions.DEFAULT;

  static final long ALL = ~BalloonLayout.F_NO_BALLOON;

  record Hint(long gpa, long length) {}

  final ReentrantLock lock = new ReentrantLock();
  final GuestMemory memory;
  final FlatState flat = new FlatState();
  final InterruptController interrupts = new InterruptController(flat);
  final TraceRecorder trace = new TraceRecorder(10_000);
  final DeviceExecutor executor;
  final DrivenClock clock;
  final BalloonDevice balloon;
  final VirtioMmioTransport transport;
  final MockDriver driver;
  final List<Hint> hints = new ArrayList<>();
  final FreePageHintSink sink = (gpa, length) -> hints.add(new Hint(gpa, length));
  long now;
  long wall = 1_000_000;

  BalloonRig() {
    this(HINTS, false);
  }

  BalloonRig(BalloonOptions options, boolean threaded) {
    this(options, threaded, GuestMemory.anonymous(SIZE));
  }

  /**
   * @param memory of {@link #SIZE} bytes, the rig's from here on
   */
  BalloonRig(BalloonOptions options, boolean threaded, GuestMemory memory) {
    this(options, VirtioMmioOptions.DEFAULT, threaded, memory);
  }

  /** Over version 1. */
  static BalloonRig legacy(BalloonOptions options) {
    return new BalloonRig(options, VirtioMmioOptions.LEGACY, false, GuestMemory.anonymous(SIZE));
  }

  private BalloonRig(
      BalloonOptions options, VirtioMmioOptions version, boolean threaded, GuestMemory memory) {
    this.memory = memory;
    executor = threaded ? DeviceExecutor.threaded("test-io", lock) : DeviceExecutor.inline(lock);
    clock = new DrivenClock(() -> now, () -> wall);
    balloon = new BalloonDevice("balloon0", options, flat, clock);
    transport =
        new VirtioMmioTransport(
            "balloon0", balloon, version, memory, interrupts, 1, flat, executor, trace);
    flat.seal();
    memory.installRom(new byte[ROM]);
    driver =
        new MockDriver(new LockedWindow(transport, lock), memory, GuestMemory.RAM_BASE + (1 << 20));
  }

  BalloonHost host() {
    return balloon.host();
  }

  /** All offered features but NO_BALLOON, the first so many queues, DRIVER_OK. */
  MockRing[] start(int queues) {
    return start(ALL, queues);
  }

  MockRing[] start(long features, int queues) {
    driver.negotiate(features);
    MockRing[] rings = new MockRing[queues];
    for (int i = 0; i < queues; i++) {
      rings[i] = driver.setUpQueue(i, driver.queueSizeMax(i));
    }
    driver.ready();
    return rings;
  }

  /** The same over version 1. */
  MockRing[] startLegacy(int queues) {
    driver.negotiateLegacy(ALL);
    MockRing[] rings = new MockRing[queues];
    for (int i = 0; i < queues; i++) {
      rings[i] = driver.setUpLegacyQueue(i, driver.queueSizeMax(i));
    }
    driver.ready();
    return rings;
  }

  boolean broken() {
    return (driver.status() & Virtio.STATUS_NEEDS_RESET) != 0;
  }

  long counted(BalloonCounter counter) {
    return balloon.counter(counter);
  }

  byte owner(long gpa) {
    return memory.owners().get(gpa);
  }

  static int pfn(long gpa) {
    return (int) (gpa >>> 12);
  }

  /** Moves memory, owners and state into another rig of the same kind. */
  void moveTo(BalloonRig other) {
    byte[] state = flat.save();
    MemorySegment.copy(memory.segment(), 0, other.memory.segment(), 0, SIZE);
    other.memory.owners().restore(memory.owners().save());
    other.now = now;
    other.wall = wall;
    other.flat.restore(state);
  }

  @Override
  public void close() {
    executor.close();
    memory.close();
  }
}
