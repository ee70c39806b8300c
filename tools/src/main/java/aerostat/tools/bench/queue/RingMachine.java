package aerostat.tools.bench.queue;

import aerostat.mmio.bus.DeviceExecutor;
import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.bus.SteppedExecutor;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.state.FlatState;
import aerostat.mmio.trace.Trace;
import aerostat.mmio.virtio.DescriptorChain;
import aerostat.mmio.virtio.VirtioMmioTransport;
import aerostat.mmio.virtio.Virtqueue;
import aerostat.tools.bench.guest.BenchImage;
import aerostat.vmm.machine.HardwareHooks;
import aerostat.vmm.machine.Machine;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A machine whose guest is {@link aerostat.tools.bench.kernels.Rings}, with the benchmark's device
 * in the balloon's place: guest code on the vCPU thread as every guest has it, the transport and
 * rings that the balloon stands on, and a device thread.
 */
final class RingMachine implements AutoCloseable {
  private static final long MEMORY = 32L << 20;
  private static final int LINE = 1;

  /** Elements that the device returns together, at most, where it finds so many. */
  private static final int MOST_AT_ONCE = 8;

  private final QueueCase what;
  private final OptionalInt deviceCpu;
  private final RingDevice device;
  private final Machine machine;
  private final ByteArrayOutputStream console = new ByteArrayOutputStream();
  private final Window window = new Window();
  private final DeviceExecutor executor;
  private @Nullable InterruptController interrupts;
  private @Nullable Thread deviceThread;
  private volatile boolean closing;

  /** The balloon's window; what is behind it needs the machine's lock, which comes later. */
  private static final class Window implements MmioDevice {
    private @Nullable MmioDevice behind;

    @Override
    public long read(long offset, int width) {
      return Objects.requireNonNull(behind).read(offset, width);
    }

    @Override
    public void write(long offset, int width, long value) {
      Objects.requireNonNull(behind).write(offset, width, value);
    }
  }

  /**
   * @param guestCpu processor of the vCPU's thread; empty: the host chooses
   * @param deviceCpu processor of the device's thread
   */
  RingMachine(
      QueueCase what, RingDevice.Schedule schedule, OptionalInt guestCpu, OptionalInt deviceCpu) {
    this.what = what;
    this.deviceCpu = deviceCpu;
    device = new RingDevice(what, schedule, () -> guestCpu.ifPresent(Affinity::pin));
    machine =
        Machine.builder()
            .memory(MEMORY)
            .image(BenchImage.withEntry(BenchImage.PACKAGE + "Rings"))
            .console(console)
            .hooks(
                new HardwareHooks() {
                  @Override
                  public MmioDevice window(
                      MmioDevice transport, GuestMemory memory, InterruptController lines) {
                    interrupts = lines;
                    return window;
                  }
                })
            .build();
    executor =
        what.path() == QueueCase.Path.NOTIFIED
            ? DeviceExecutor.threaded("ring-device", machine.lock())
            : DeviceExecutor.stepped(machine.lock(), slot -> {});
    window.behind =
        new VirtioMmioTransport(
            "virtio0",
            device,
            machine.memory(),
            Objects.requireNonNull(interrupts),
            LINE,
            new FlatState(),
            executor,
            Trace.OFF);
  }

  /**
   * Runs the guest to the end of its work.
   *
   * @return ns a buffer, of each run that counts
   * @throws IllegalStateException if it does not get there in time
   */
  List<Double> run(Duration patience) {
    long until = System.nanoTime() + patience.toNanos();
    if (executor instanceof SteppedExecutor stepped) {
      deviceThread = Thread.ofPlatform().daemon().name("ring-device").start(() -> serve(stepped));
    }
    machine.start();
    while (!device.over()) {
      if (System.nanoTime() > until) {
        throw new IllegalStateException(
            "the guest does not end its work: " + console.toString(StandardCharsets.ISO_8859_1));
      }
      LockSupport.parkNanos(5_000_000);
    }
    return device.nanos();
  }

  private void serve(SteppedExecutor stepped) {
    deviceCpu.ifPresent(Affinity::pin);
    while (!device.ready() && !closing) {
      Thread.onSpinWait();
    }
    stepped.poll(0); // asks for no notifications
    if (what.path() == QueueCase.Path.DEVICE) {
      while (!closing) {
        stepped.poll(0);
        while (machine.lock().hasQueuedThreads() && !closing) {
          Thread.onSpinWait(); // the lock is not fair: the vCPU would never get it
        }
      }
    } else {
      returnAll(device.port().queue(0));
    }
  }

  private void returnAll(Virtqueue queue) {
    while (!closing) {
      DescriptorChain chain = queue.pop();
      for (int i = 0; chain != null; i++) {
        queue.fill(chain.head(), 0);
        chain = i < MOST_AT_ONCE ? queue.pop() : null;
      }
      queue.flush();
    }
  }

  @Override
  public void close() {
    closing = true;
    if (deviceThread != null) {
      try {
        deviceThread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    machine.shutdown();
    executor.close();
    machine.close();
  }
}
