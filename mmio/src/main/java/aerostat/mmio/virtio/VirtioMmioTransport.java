package aerostat.mmio.virtio;

import static aerostat.mmio.virtio.TransportState.U32;
import static aerostat.mmio.virtio.TransportState.U64;

import aerostat.mmio.bus.DeviceExecutor;
import aerostat.mmio.bus.DeviceWork;
import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.bus.RateLimit;
import aerostat.mmio.memory.GuestAddressException;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.state.FlatState;
import aerostat.mmio.trace.Trace;
import aerostat.mmio.trace.TraceLine;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The virtio-mmio transport in front of one {@link VirtioDevice}: version 2, or version 1 on
 * request.
 *
 * <p>An access that breaks a rule (width, alignment, direction, order) reads 0 or is ignored, and
 * is counted (MMIO-01). All register and queue state lives in the slice {@code NAME.transport} of
 * the flat state.
 */
public final class VirtioMmioTransport implements MmioDevice, VirtioPort {
  private static final Logger log = LoggerFactory.getLogger(VirtioMmioTransport.class);

  /** Status bits that a driver may set here; SUSPEND is not offered. */
  private static final int STATUS_WRITABLE =
      Virtio.STATUS_ACKNOWLEDGE
          | Virtio.STATUS_DRIVER
          | Virtio.STATUS_DRIVER_OK
          | Virtio.STATUS_FEATURES_OK
          | Virtio.STATUS_FAILED;

  static final int STATUS_KNOWN = STATUS_WRITABLE | Virtio.STATUS_NEEDS_RESET;

  private final String name;
  private final VirtioDevice device;
  private final GuestMemory memory;
  private final InterruptController interrupts;
  private final int line;
  private final Trace trace;
  private final MemorySegment state;
  private final ControlRegisters registers;
  private final QueueRegisters queues;
  private final ConfigWindow config;
  private final DeviceExecutor.Slot[] work;
  private final RateLimit logLimit = new RateLimit();
  private RateLimit failureLimit = new RateLimit();

  /** Version 2. */
  public VirtioMmioTransport(
      String name,
      VirtioDevice device,
      GuestMemory memory,
      InterruptController interrupts,
      int line,
      FlatState flatState,
      DeviceExecutor executor,
      Trace trace) {
    this(
        name,
        device,
        VirtioMmioOptions.DEFAULT,
        memory,
        interrupts,
        line,
        flatState,
        executor,
        trace);
  }

  /**
   * @param name of the instance, such as {@code virtio0}: names its slice, logs and trace lines
   * @param line interrupt line, level-triggered
   */
  public VirtioMmioTransport(
      String name,
      VirtioDevice device,
      VirtioMmioOptions options,
      GuestMemory memory,
      InterruptController interrupts,
      int line,
      FlatState flatState,
      DeviceExecutor executor,
      Trace trace) {
    if ((device.offeredFeatures() & ~Virtio.DEVICE_FEATURES_MASK) != 0
        || (device.transportOptions() & ~Virtio.TRANSPORT_OPTIONS) != 0) {
      throw new IllegalArgumentException(
          name + ": a device offers its own feature bits only, not transport bits");
    }
    this.name = name;
    this.device = device;
    this.memory = memory;
    this.interrupts = interrupts;
    this.line = line;
    this.trace = trace;
    int count = device.queueCount();
    this.state =
        flatState.slice(
            name + ".transport",
            TransportState.LAYOUT_VERSION,
            TransportState.bytes(count),
            this::restored);
    this.registers =
        options.legacy()
            ? new LegacyRegisters(this, device, state, options.pfnReset())
            : new ModernRegisters(this, device, state);
    this.queues = registers.queues;
    this.config = new ConfigWindow(device);
    this.work = new DeviceExecutor.Slot[count];
    for (int i = 0; i < count; i++) {
      int queue = i;
      work[i] = executor.register(canPoll -> step(queue, canPoll));
    }
    device.attach(this);
  }

  // ---- registers ----

  @Override
  public long read(long offset, int width) {
    long value =
        offset >= MmioRegisters.CONFIG ? readConfig(offset, width) : readControl(offset, width);
    // Reads of constants say nothing; the rest is what a peer's trace would be compared with.
    if (trace.on() && offset >= MmioRegisters.DEVICE_FEATURES) {
      TraceLine.of(name, "read")
          .word("reg", MmioRegisters.name(offset))
          .num("width", width)
          .hex("value", value)
          .to(trace);
    }
    return value;
  }

  @Override
  public void write(long offset, int width, long value) {
    if (trace.on()) {
      TraceLine.of(name, "write")
          .word("reg", MmioRegisters.name(offset))
          .num("width", width)
          .hex("value", value)
          .to(trace);
    }
    if (offset >= MmioRegisters.CONFIG) {
      allowed(config.write(offset - MmioRegisters.CONFIG, width, value));
    } else if (width != 4 || (offset & 3) != 0 || offset < 0) {
      wrongAccess();
    } else {
      registers.write((int) offset, (int) value);
    }
  }

  private long readControl(long offset, int width) {
    if (width != 4 || (offset & 3) != 0 || offset < 0) {
      return wrongAccess();
    }
    return Integer.toUnsignedLong(registers.read((int) offset));
  }

  private long readConfig(long offset, int width) {
    long value = config.read(offset - MmioRegisters.CONFIG, width);
    return value == ConfigWindow.WRONG ? wrongAccess() : value;
  }

  void notified(int value) {
    // The position beside the index is a hint that we do not need: the ring is looked at anyway.
    int queue = (features() & Virtio.F_NOTIFICATION_DATA) != 0 ? value & 0xffff : value;
    if (queues.sizeMax(queue) == 0) {
      wrongAccess();
      return;
    }
    TransportState.increment(state, TransportState.NOTIFICATIONS);
    // A step checks whether the queue may be touched (BASE-DEV-01).
    if (device.isPrompt(queue)) {
      work[queue].kickPrompt();
    } else {
      kick(queue);
    }
  }

  void acknowledge(int mask) {
    int left = state.get(U32, TransportState.INTERRUPT_STATUS) & ~mask;
    state.set(U32, TransportState.INTERRUPT_STATUS, left);
    interrupts.setLevel(line, left != 0);
  }

  void writeStatus(int value) {
    int old = status();
    int now = registers.status(old, value & STATUS_WRITABLE) | (old & Virtio.STATUS_NEEDS_RESET);
    if ((value & 0xff) == 0 || now == 0) { // as QEMU: a status of 0 is a device that was reset
      reset();
      return;
    }
    state.set(U32, TransportState.STATUS, now);
    if (trace.on()) {
      TraceLine.of(name, "status").hex("value", now).hex("features", features()).to(trace);
    }
    if ((now & ~old & Virtio.STATUS_DRIVER_OK) != 0) {
      if (!registers.acceptable()) {
        needsReset("features 0x" + Long.toHexString(features()) + ", which it cannot refuse");
      }
      device.driverReady();
      // Buffers may have been added, and even notified, before DRIVER_OK (balloon statistics).
      for (int i = 0; i < queues.count(); i++) {
        if (queues.queue(i).ready()) {
          kick(i);
        }
      }
    }
  }

  void reset() {
    device.reset();
    int generation = state.get(U32, TransportState.GENERATION);
    MemorySegment lasting =
        state.asSlice(
            TransportState.GUEST_PAGE_SIZE, TransportState.QUEUES - TransportState.GUEST_PAGE_SIZE);
    byte[] kept = lasting.toArray(ValueLayout.JAVA_BYTE);
    state.fill((byte) 0);
    lasting.copyFrom(MemorySegment.ofArray(kept));
    state.set(U32, TransportState.GENERATION, generation); // MMIO-10
    interrupts.setLevel(line, false);
    if (trace.on()) {
      TraceLine.of(name, "reset").to(trace);
    }
  }

  // ---- the device's side ----

  @Override
  public String name() {
    return name;
  }

  @Override
  public GuestMemory memory() {
    return memory;
  }

  @Override
  public Trace trace() {
    return trace;
  }

  @Override
  public long features() {
    return state.get(U64, TransportState.FEATURES);
  }

  @Override
  public boolean driverOk() {
    return (status() & (Virtio.STATUS_DRIVER_OK | Virtio.STATUS_NEEDS_RESET))
        == Virtio.STATUS_DRIVER_OK;
  }

  @Override
  public Virtqueue queue(int queue) {
    return queues.queue(queue);
  }

  @Override
  public void pushed(int queue, boolean notify) {
    if (notify) {
      raise(Virtio.INTERRUPT_USED);
    }
  }

  @Override
  public void configChanged() {
    state.set(U32, TransportState.GENERATION, state.get(U32, TransportState.GENERATION) + 1);
    if ((status() & Virtio.STATUS_DRIVER_OK) != 0) {
      raise(device.configInterruptBits());
    }
  }

  @Override
  public void needsReset(String reason) {
    TransportState.increment(state, TransportState.VIOLATIONS);
    if (logLimit.pass()) {
      log.warn(
          "{}: device needs reset: {} (violation {}, {} not logged)",
          name,
          reason,
          violations(),
          logLimit.takeSuppressed());
    }
    if (trace.on()) {
      TraceLine.of(name, "needs-reset").word("reason", reason).to(trace);
    }
    state.set(U32, TransportState.STATUS, status() | Virtio.STATUS_NEEDS_RESET);
    if ((status() & Virtio.STATUS_DRIVER_OK) != 0) {
      configChanged(); // BASE-DEV-04
    }
  }

  @Override
  public void kick(int queue) {
    work[queue].kick();
  }

  /** Accesses that broke a rule of the register table. */
  public long wrongAccesses() {
    return state.get(U64, TransportState.WRONG_ACCESSES);
  }

  /** How often the driver broke the device. */
  public long violations() {
    return state.get(U64, TransportState.VIOLATIONS);
  }

  /** Interrupts raised: bits of InterruptStatus that went from clear to set. */
  public long interruptsRaised() {
    return state.get(U64, TransportState.INTERRUPTS);
  }

  /** Writes of QueueNotify that named a queue. */
  public long notifications() {
    return state.get(U64, TransportState.NOTIFICATIONS);
  }

  // ---- inside ----

  /** One element of one queue; see {@link DeviceWork}. */
  private DeviceWork.Next step(int index, boolean canPoll) {
    DeviceQueue queue = queues.queue(index);
    if (!registers.mayWork() || !queue.ready()) {
      return DeviceWork.Next.IDLE;
    }
    try {
      boolean available = canPoll && queue.hasAvailable();
      if (canPoll && !queue.quiet() && (available || device.polls(index))) {
        queue.suppressNotifications();
      }
      if (device.handle(index, queue)) {
        return DeviceWork.Next.AGAIN;
      }
      if (canPoll && device.polls(index)) {
        return DeviceWork.Next.POLL;
      }
      if (queue.quiet()) {
        queue.allowNotifications();
        if (!available && queue.hasAvailable()) {
          return DeviceWork.Next.AGAIN; // added before the driver could see that we sleep
        }
      }
    } catch (QueueViolation | GuestAddressException bad) {
      needsReset(String.valueOf(bad.getMessage()));
    } catch (RuntimeException | InternalError bug) { // RAM whose file has shrunk throws the latter
      if (failureLimit.pass()) {
        log.error("{}: queue {}: the device model failed", name, index, bug);
      }
      needsReset("internal error: " + bug);
    }
    return DeviceWork.Next.IDLE;
  }

  private void raise(int bits) {
    int old = state.get(U32, TransportState.INTERRUPT_STATUS);
    int now = old | bits;
    if (now != old) {
      TransportState.increment(state, TransportState.INTERRUPTS);
      state.set(U32, TransportState.INTERRUPT_STATUS, now);
    }
    if (trace.on()) {
      TraceLine.of(name, "interrupt").hex("status", now).to(trace);
    }
    interrupts.setLevel(line, true);
  }

  private void restored() {
    TransportState.check(name, state);
    registers.checkRestored(name);
    failureLimit = new RateLimit(); // another life: what fails in it is news
    interrupts.setLevel(line, state.get(U32, TransportState.INTERRUPT_STATUS) != 0);
  }

  int status() {
    return state.get(U32, TransportState.STATUS);
  }

  /** Counts an access that the driver had no right to. */
  void allowed(boolean allowed) {
    if (!allowed) {
      wrongAccess();
    }
  }

  int wrongAccess() {
    TransportState.increment(state, TransportState.WRONG_ACCESSES);
    return 0;
  }
}
