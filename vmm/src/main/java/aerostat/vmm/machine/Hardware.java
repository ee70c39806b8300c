package aerostat.vmm.machine;

import aerostat.devices.balloon.BalloonDevice;
import aerostat.devices.clock.DeviceClock;
import aerostat.devices.clock.ThreadClock;
import aerostat.devices.console.ConsoleDevice;
import aerostat.devices.console.ConsoleSink;
import aerostat.devices.power.PowerDevice;
import aerostat.devices.power.PowerRequest;
import aerostat.mmio.bus.DeviceExecutor;
import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.bus.MmioBus;
import aerostat.mmio.bus.OpenBus;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.state.FlatState;
import aerostat.mmio.trace.Trace;
import aerostat.mmio.virtio.VirtioMmioTransport;
import aerostat.vmm.cpu.HostTimers;
import aerostat.vmm.cpu.Sanitizer;
import aerostat.vmm.cpu.Vcpu;
import aerostat.vmm.cpu.VcpuListener;
import aerostat.vmm.cpu.VcpuParts;
import aerostat.vmm.faults.Faults;
import aerostat.vmm.image.GuestImage;
import aerostat.vmm.image.Images;
import aerostat.vmm.image.RewrittenImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The parts of a machine, put together in a fixed order: two machines of one configuration have the
 * same state layout. Devices run on the vCPU's thread (deterministic) or on one I/O thread.
 */
final class Hardware implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Hardware.class);
  private static final long LEAST_MEMORY = 2L << 20;
  private static final String BALLOON_NAME = "balloon0";

  private final RewrittenImage image;
  private final GuestMemory memory;
  private final ReentrantLock lock = new ReentrantLock();
  private final FlatState state = new FlatState();
  private final MmioBus bus;
  private final Sanitizer sanitizer;
  private final Vcpu vcpu;
  private final @Nullable ThreadClock clockThread;
  private final DeviceExecutor executor;
  private final BalloonDevice balloon;
  private final ConsoleSink console;
  private final PowerDevice power;

  /**
   * Builds everything; nothing runs.
   *
   * @param power called on the vCPU's thread with the machine lock held
   */
  Hardware(
      MachineConfig config,
      GuestImage guestImage,
      MachineHost host,
      VcpuListener listener,
      Consumer<PowerRequest> power,
      HardwareHooks hooks) {
    BootParameters.commandLine(config.append());
    image = hooks.image(Images.rewrite(guestImage));
    memory = allocate(config, guestImage, hooks);
    memory.installRom(guestImage.encode());
    boolean deterministic = config.deterministic();
    bus = new MmioBus(lock);
    Faults faults = host.faults().begin("virtio0", Board.BALLOON_LINE);
    InterruptController interrupts = faults.interrupts(state);
    sanitizer = new Sanitizer(memory, image.resumeTable(), host.faultOnViolation());
    VirtualTimers virtualTimers = new VirtualTimers(lock);
    vcpu =
        new Vcpu(
            new VcpuParts(
                memory,
                bus,
                interrupts,
                state,
                image,
                deterministic,
                host.flavour(),
                sanitizer,
                "vcpu0"),
            listener,
            deterministic ? virtualTimers : HostTimers.NONE);
    Trace trace = deterministic ? new TimedTrace(host.trace(), vcpu::polls) : host.trace();
    DeviceClock clock;
    if (deterministic) {
      clockThread = null;
      clock = virtualTimers.attach(vcpu);
      executor = host.workbench().executor(lock);
    } else {
      clockThread =
          new ThreadClock(
              "device-clock", lock, vcpu::guestTime, () -> vcpu.wallClock() / 1_000_000_000L);
      clock = clockThread;
      executor = DeviceExecutor.threaded("device-io", lock);
    }
    park();
    console = sink(host.console());
    bus.map(
        "console", Board.CONSOLE, Board.WINDOW, new ConsoleDevice(memory, state, console, trace));
    this.power = new PowerDevice(power, interrupts, Board.POWER_LINE, state, trace);
    bus.map("power", Board.POWER, Board.WINDOW, this.power);
    balloon = new BalloonDevice(BALLOON_NAME, config.balloon(), state, clock);
    bus.map(
        "virtio0",
        Board.BALLOON,
        Board.WINDOW,
        faults.window(
            hooks.window(
                new VirtioMmioTransport(
                    "virtio0",
                    balloon,
                    config.virtioMmio(),
                    memory,
                    interrupts,
                    Board.BALLOON_LINE,
                    state,
                    executor,
                    trace),
                memory,
                interrupts),
            clock,
            trace));
    bus.map(
        "virtio-slots",
        Board.BALLOON + Board.WINDOW,
        (Board.VIRTIO_SLOTS - 1) * Board.WINDOW,
        new OpenBus());
    if (deterministic) {
      host.workbench().fit(bus);
    }
    state.seal();
  }

  private static GuestMemory allocate(MachineConfig config, GuestImage image, HardwareHooks hooks) {
    long bytes = config.memoryBytes();
    if (bytes < LEAST_MEMORY || bytes % GuestMemory.PAGE_SIZE != 0) {
      throw new IllegalArgumentException(
          "memory of " + bytes + " bytes: a multiple of 4096, at least " + LEAST_MEMORY);
    }
    long needed = image.size() + 3L * GuestMemory.PAGE_SIZE + BootParameters.STACK_SIZE;
    if (bytes < needed) {
      throw new IllegalArgumentException(
          "memory of " + bytes + " bytes; the image alone needs " + needed);
    }
    return config.memoryPath().isEmpty()
        ? hooks.memory(bytes)
        : GuestMemory.sharedFile(Path.of(config.memoryPath()), bytes);
  }

  /** Registers and memory as a guest finds them at power-on. */
  void boot(MachineConfig config) {
    BootParameters parameters = new BootParameters(memory);
    parameters.write(config.append(), config.seed(), image.image().size());
    vcpu.boot(
        parameters.address(), parameters.stackBase(), BootParameters.STACK_SIZE, config.seed());
  }

  /** After the vCPU stopped: nothing of the devices runs any more. */
  void park() {
    executor.park();
    if (clockThread != null) {
      clockThread.park();
    }
  }

  /** Before the vCPU goes on. */
  void unpark() {
    if (clockThread != null) {
      clockThread.unpark();
    }
    executor.unpark();
  }

  /** Host text on the guest's console. */
  void print(byte[] text) {
    lock.lock();
    try {
      console.write(text, 0, text.length);
    } finally {
      lock.unlock();
    }
  }

  private static ConsoleSink sink(OutputStream out) {
    return (bytes, offset, length) -> {
      try {
        out.write(bytes, offset, length);
      } catch (IOException e) {
        log.debug("console output lost: {}", e.toString());
      }
    };
  }

  RewrittenImage image() {
    return image;
  }

  GuestMemory memory() {
    return memory;
  }

  ReentrantLock lock() {
    return lock;
  }

  FlatState state() {
    return state;
  }

  MmioBus bus() {
    return bus;
  }

  Sanitizer sanitizer() {
    return sanitizer;
  }

  Vcpu vcpu() {
    return vcpu;
  }

  PowerDevice power() {
    return power;
  }

  BalloonDevice balloon() {
    return balloon;
  }

  /** Ends all threads, then unmaps. */
  @Override
  public void close() {
    vcpu.close();
    executor.close();
    if (clockThread != null) {
      clockThread.close();
    }
    memory.close();
  }
}
