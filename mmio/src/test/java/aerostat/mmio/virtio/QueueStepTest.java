package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.bus.DeviceExecutor;
import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.bus.SteppedExecutor;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.mock.LockedWindow;
import aerostat.mmio.mock.MockDriver;
import aerostat.mmio.mock.MockRing;
import aerostat.mmio.state.FlatState;
import aerostat.mmio.trace.TraceRecorder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the transport asks of a device in one step of a queue, and tells it of. */
class QueueStepTest {
  private final ReentrantLock lock = new ReentrantLock();
  private final GuestMemory memory = GuestMemory.anonymous(4 << 20);
  private final FlatState flat = new FlatState();
  private final TraceRecorder trace = new TraceRecorder(1000);
  private final Device device = new Device();

  @AfterEach
  void close() {
    memory.close();
  }

  /** Returns each element at once; does what a test sets besides. */
  private static final class Device implements VirtioDevice {
    final List<String> told = new ArrayList<>();
    final List<Thread> workers = new ArrayList<>();
    boolean polls;
    boolean prompt;
    Runnable whenEmpty = () -> {};

    @Override
    public int deviceId() {
      return 42;
    }

    @Override
    public long offeredFeatures() {
      return 0;
    }

    @Override
    public long transportOptions() {
      return Virtio.TRANSPORT_OPTIONS;
    }

    @Override
    public int queueCount() {
      return 1;
    }

    @Override
    public int queueSizeMax(int queue) {
      return 8;
    }

    @Override
    public int configSize() {
      return 0;
    }

    @Override
    public int readConfig(int offset, int width) {
      return 0;
    }

    @Override
    public void writeConfig(int offset, int width, int value) {}

    @Override
    public void attach(VirtioPort port) {}

    @Override
    public boolean handle(int queue, Virtqueue virtqueue) {
      DescriptorChain chain = virtqueue.pop();
      if (chain == null) {
        whenEmpty.run();
        return false;
      }
      workers.add(Thread.currentThread());
      virtqueue.push(chain.head(), 0);
      return true;
    }

    @Override
    public boolean polls(int queue) {
      return polls;
    }

    @Override
    public boolean isPrompt(int queue) {
      return prompt;
    }

    @Override
    public void queueStopped(int queue) {
      told.add("stopped " + queue);
    }

    @Override
    public void driverReady() {
      told.add("ready");
    }

    @Override
    public void reset() {
      told.add("reset");
    }
  }

  private MockDriver driver(DeviceExecutor executor) {
    InterruptController interrupts = new InterruptController(flat);
    VirtioMmioTransport transport =
        new VirtioMmioTransport("virtio0", device, memory, interrupts, 1, flat, executor, trace);
    flat.seal();
    return new MockDriver(
        new LockedWindow(transport, lock), memory, GuestMemory.RAM_BASE + (1 << 20));
  }

  private static boolean broken(MockDriver driver) {
    return (driver.status() & Virtio.STATUS_NEEDS_RESET) != 0;
  }

  @Test
  @DisplayName("DEV-14: a device that polls wants no notification, found it something or not")
  void pollingIsQuiet() {
    SteppedExecutor executor = DeviceExecutor.stepped(lock, slot -> {});
    MockDriver driver = driver(executor);
    driver.negotiate(0);
    MockRing ring = driver.setUpQueue(0, 8);
    driver.ready();
    executor.poll(0);
    assertThat(ring.usedFlags()).as("does not poll yet").isZero();
    device.polls = true;
    executor.step(0);
    assertThat(ring.usedFlags()).as("who steps it once does not look again").isZero();
    executor.poll(0);
    assertThat(ring.usedFlags()).isEqualTo(Virtio.USED_NO_NOTIFY);
    device.polls = false;
    assertThat(executor.poll(0)).isFalse();
    assertThat(ring.usedFlags()).isZero();
  }

  @Test
  @DisplayName("an element that came before the driver could see that the device sleeps is found")
  void addedMeanwhile() {
    SteppedExecutor executor = DeviceExecutor.stepped(lock, slot -> {});
    MockDriver driver = driver(executor);
    driver.negotiate(0);
    MockRing ring = driver.setUpQueue(0, 8);
    driver.ready();
    ring.add(driver.in(4));
    executor.poll(0);
    device.whenEmpty = () -> ring.add(driver.in(4));
    assertThat(executor.poll(0)).as("more to do").isTrue();
    device.whenEmpty = () -> {};
    executor.poll(0);
    assertThat(ring.usedIndex()).isEqualTo(2);
    assertThat(executor.poll(0)).isFalse();
  }

  @Test
  @DisplayName("DEV-32: a failure of the device model breaks the device, and is named")
  void deviceFails() {
    MockDriver driver = driver(DeviceExecutor.inline(lock));
    driver.negotiate(0);
    MockRing ring = driver.setUpQueue(0, 8);
    device.whenEmpty =
        () -> {
          throw new IllegalArgumentException("boom");
        };
    driver.ready();
    assertThat(broken(driver)).isTrue();
    assertThat(String.join("\n", trace.lines("virtio0 needs-reset")))
        .contains("internal%0020error:%0020java.lang.IllegalArgumentException:%0020boom");
    ring.send(driver.in(4));
    assertThat(device.workers).isEmpty();
  }

  @Test
  @DisplayName("prompt work is done in the notification, though there is a thread for it")
  void promptWork() {
    device.prompt = true;
    try (DeviceExecutor executor = DeviceExecutor.threaded("test-io", lock)) {
      MockDriver driver = driver(executor);
      driver.negotiate(0);
      driver.ready(); // before the queue is: else its thread would look at once
      driver.setUpQueue(0, 8).send(driver.in(4));
      assertThat(device.workers).containsExactly(Thread.currentThread());
    }
  }

  @Test
  @DisplayName("other work is not")
  void otherWork() {
    try (DeviceExecutor executor = DeviceExecutor.threaded("test-io", lock)) {
      MockDriver driver = driver(executor);
      driver.negotiate(0);
      driver.ready();
      MockRing ring = driver.setUpQueue(0, 8);
      ring.send(driver.in(4));
      while (ring.usedIndex() == 0) {
        Thread.onSpinWait();
      }
      assertThat(device.workers).hasSize(1).doesNotContain(Thread.currentThread());
    }
  }

  @Test
  @DisplayName("MMIO-11: the device hears of DRIVER_OK, and of each queue in use that ends")
  void told() {
    MockDriver driver = driver(DeviceExecutor.inline(lock));
    driver.negotiate(Virtio.F_RING_RESET);
    driver.setUpQueue(0, 8);
    driver.ready();
    assertThat(device.told).containsExactly("reset", "ready");
    driver.write(MmioRegisters.STATUS, driver.status());
    driver.write(MmioRegisters.QUEUE_READY, 0);
    driver.write(MmioRegisters.QUEUE_READY, 0);
    driver.write(MmioRegisters.QUEUE_RESET, 1); // of a queue that is not in use
    assertThat(device.told).containsExactly("reset", "ready", "stopped 0");
    driver.setUpQueue(0, 8);
    driver.write(MmioRegisters.QUEUE_RESET, 1);
    assertThat(device.told).containsExactly("reset", "ready", "stopped 0", "stopped 0");
  }
}
