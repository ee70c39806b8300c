package aerostat.mmio.virtio;

import aerostat.mmio.bus.DeviceExecutor;
import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.mock.LockedWindow;
import aerostat.mmio.mock.MockDevice;
import aerostat.mmio.mock.MockDriver;
import aerostat.mmio.mock.MockRing;
import aerostat.mmio.mock.RecordingRegisters;
import aerostat.mmio.state.FlatState;
import aerostat.mmio.trace.TraceRecorder;
import java.util.concurrent.locks.ReentrantLock;

/** A mock device behind a transport, a mock driver before it. */
final class MockRig implements AutoCloseable {
  static final long SIZE = 4 << 20;
  static final long ROM = 8192;
  static final int LINE = 1;

  final ReentrantLock lock = new ReentrantLock();
  final GuestMemory memory = GuestMemory.anonymous(SIZE);
  final FlatState flat = new FlatState();
  final InterruptController interrupts = new InterruptController(flat);
  final TraceRecorder trace = new TraceRecorder(100_000);
  final DeviceExecutor executor;
  final MockDevice device;
  final VirtioMmioTransport transport;
  final RecordingRegisters registers;
  final MockDriver driver;

  MockRig() {
    this(VirtioMmioOptions.DEFAULT);
  }

  MockRig(VirtioMmioOptions options) {
    this(new MockDevice(42, 0b111, new byte[] {1, 2, 3, 4, 5, 6}, 8, 0, 256), false, options);
  }

  MockRig(MockDevice device, boolean threaded) {
    this(device, threaded, VirtioMmioOptions.DEFAULT);
  }

  MockRig(MockDevice device, boolean threaded, VirtioMmioOptions options) {
    this.device = device;
    executor = threaded ? DeviceExecutor.threaded("test-io", lock) : DeviceExecutor.inline(lock);
    transport =
        new VirtioMmioTransport(
            "virtio0", device, options, memory, interrupts, LINE, flat, executor, trace);
    flat.seal();
    memory.installRom(new byte[(int) ROM]);
    // The bus holds the machine lock around each access; here the mock driver's window does.
    registers = new RecordingRegisters(new LockedWindow(transport, lock), 100_000);
    driver = new MockDriver(registers, memory, GuestMemory.RAM_BASE + (1 << 20));
  }

  /** Features agreed, one queue set up, DRIVER_OK. */
  MockRing start(long features, int queue, int size) {
    driver.negotiate(features);
    MockRing ring = driver.setUpQueue(queue, size);
    driver.ready();
    return ring;
  }

  /** The same over version 1. */
  MockRing startLegacy(long features, int queue, int size) {
    driver.negotiateLegacy(features);
    MockRing ring = driver.setUpLegacyQueue(queue, size);
    driver.ready();
    return ring;
  }

  boolean lineHigh() {
    return (interrupts.levels() & 1 << LINE) != 0;
  }

  boolean broken() {
    return (driver.status() & Virtio.STATUS_NEEDS_RESET) != 0;
  }

  @Override
  public void close() {
    executor.close();
    memory.close();
  }
}
