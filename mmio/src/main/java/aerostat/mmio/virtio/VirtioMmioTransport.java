package aerostat.mmio.virtio;

import static aerostat.mmio.virtio.TransportState.U32;
import static aerostat.mmio.virtio.TransportState.U64;

import aerostat.mmio.bus.DeviceExecutor;
import aerostat.mmio.bus.DeviceWork;
import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.bus.MmioDevice;
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
 * The virtio-mmio transport, version 2, in front of one {@link VirtioDevice}.
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
  private final QueueRegisters queues;
  private final FeatureRegisters featureRegisters;
  private final DeviceExecutor.Slot[] work;
  private final RateLimit logLimit = new RateLimit();

  /**
   * @param name of the instance, such as {@code virtio0}: names its slice, logs and trace lines
   * @param line interrupt line, level-triggered
   */
  public VirtioMmioTransport(
      String name,
      VirtioDevice device,
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
    this.queues = new QueueRegisters(this, device, state);
    this.featureRegisters = new FeatureRegisters(device, state);
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
    if (trace.on() && worthTracing(offset)) {
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
      writeConfig(offset, width, value);
    } else if (width != 4 || (offset & 3) != 0 || offset < 0) {
      wrongAccess();
    } else {
      writeControl((int) offset, (int) value);
    }
  }

  private long readControl(long offset, int width) {
    if (width != 4 || (offset & 3) != 0 || offset < 0) {
      return wrongAccess();
    }
    int value =
        switch ((int) offset) {
          case MmioRegisters.MAGIC_VALUE -> MmioRegisters.MAGIC;
          case MmioRegisters.VERSION -> MmioRegisters.VERSION_2;
          case MmioRegisters.DEVICE_ID -> device.deviceId();
          case MmioRegisters.VENDOR_ID -> MmioRegisters.VENDOR;
          case MmioRegisters.DEVICE_FEATURES -> featureRegisters.offered();
          case MmioRegisters.QUEUE_SIZE_MAX -> queues.selectedSizeMax();
          case MmioRegisters.QUEUE_READY -> queues.selectedReady() ? 1 : 0;
          case MmioRegisters.INTERRUPT_STATUS -> state.get(U32, TransportState.INTERRUPT_STATUS);
          case MmioRegisters.STATUS -> status();
          // No shared memory regions: length and base read all ones.
          case MmioRegisters.SHM_LEN_LOW,
              MmioRegisters.SHM_LEN_HIGH,
              MmioRegisters.SHM_BASE_LOW,
              MmioRegisters.SHM_BASE_HIGH ->
              -1;
          // A queue reset is done when its write returns, so none is ever in progress.
          case MmioRegisters.QUEUE_RESET -> 0;
          case MmioRegisters.CONFIG_GENERATION -> state.get(U32, TransportState.GENERATION);
          default -> wrongAccess();
        };
    return Integer.toUnsignedLong(value);
  }

  private void writeControl(int offset, int value) {
    switch (offset) {
      case MmioRegisters.DEVICE_FEATURES_SEL ->
          state.set(U32, TransportState.DEVICE_FEATURES_SEL, value);
      case MmioRegisters.DRIVER_FEATURES_SEL ->
          state.set(U32, TransportState.DRIVER_FEATURES_SEL, value);
      case MmioRegisters.DRIVER_FEATURES -> allowed(featureRegisters.write(value, agreed()));
      case MmioRegisters.QUEUE_SEL -> state.set(U32, TransportState.QUEUE_SEL, value);
      case MmioRegisters.QUEUE_SIZE -> allowed(queues.write(TransportState.QUEUE_SIZE, value));
      case MmioRegisters.QUEUE_DESC_LOW -> allowed(queues.write(TransportState.QUEUE_DESC, value));
      case MmioRegisters.QUEUE_DESC_HIGH ->
          allowed(queues.write(TransportState.QUEUE_DESC + 4, value));
      case MmioRegisters.QUEUE_DRIVER_LOW ->
          allowed(queues.write(TransportState.QUEUE_DRIVER, value));
      case MmioRegisters.QUEUE_DRIVER_HIGH ->
          allowed(queues.write(TransportState.QUEUE_DRIVER + 4, value));
      case MmioRegisters.QUEUE_DEVICE_LOW ->
          allowed(queues.write(TransportState.QUEUE_DEVICE, value));
      case MmioRegisters.QUEUE_DEVICE_HIGH ->
          allowed(queues.write(TransportState.QUEUE_DEVICE + 4, value));
      case MmioRegisters.QUEUE_READY -> allowed(queues.writeReady(value, agreed()));
      case MmioRegisters.QUEUE_RESET -> allowed(queues.reset(value));
      case MmioRegisters.QUEUE_NOTIFY -> notified(value);
      case MmioRegisters.INTERRUPT_ACK -> acknowledge(value);
      case MmioRegisters.STATUS -> writeStatus(value);
      case MmioRegisters.SHM_SEL -> state.set(U32, TransportState.SHM_SEL, value);
      default -> wrongAccess();
    }
  }

  private void notified(int value) {
    // The position beside the index is a hint that we do not need: the ring is looked at anyway.
    int queue = (features() & Virtio.F_NOTIFICATION_DATA) != 0 ? value & 0xffff : value;
    if (queues.sizeMax(queue) == 0) {
      wrongAccess();
      return;
    }
    TransportState.increment(state, TransportState.NOTIFICATIONS);
    kick(queue); // a step checks whether the queue may be touched (BASE-DEV-01)
  }

  private void acknowledge(int mask) {
    int left = state.get(U32, TransportState.INTERRUPT_STATUS) & ~mask;
    state.set(U32, TransportState.INTERRUPT_STATUS, left);
    interrupts.setLevel(line, left != 0);
  }

  private void writeStatus(int value) {
    if (value == 0) {
      reset();
      return;
    }
    int old = status();
    int now = (value & STATUS_WRITABLE) | (old & Virtio.STATUS_NEEDS_RESET);
    if ((old & Virtio.STATUS_FEATURES_OK) != 0) {
      now |= Virtio.STATUS_FEATURES_OK; // agreed features end with a reset only
    } else if ((now & Virtio.STATUS_FEATURES_OK) != 0) {
      if (!featureRegisters.agree()) {
        now &= ~Virtio.STATUS_FEATURES_OK; // BASE-DEV-07
      }
    }
    if ((now & Virtio.STATUS_FEATURES_OK) == 0) {
      now &= ~Virtio.STATUS_DRIVER_OK; // a live device without agreed features there is not
    }
    state.set(U32, TransportState.STATUS, now);
    if (trace.on()) {
      TraceLine.of(name, "status").hex("value", now).hex("features", features()).to(trace);
    }
    if ((now & ~old & Virtio.STATUS_DRIVER_OK) != 0) {
      device.driverReady();
      // Buffers may have been added, and even notified, before DRIVER_OK (balloon statistics).
      for (int i = 0; i < queues.count(); i++) {
        if (queues.queue(i).ready()) {
          kick(i);
        }
      }
    }
  }

  private void reset() {
    device.reset();
    int generation = state.get(U32, TransportState.GENERATION);
    MemorySegment counters =
        state.asSlice(
            TransportState.WRONG_ACCESSES, TransportState.QUEUES - TransportState.WRONG_ACCESSES);
    byte[] kept = counters.toArray(ValueLayout.JAVA_BYTE);
    state.fill((byte) 0);
    counters.copyFrom(MemorySegment.ofArray(kept));
    state.set(U32, TransportState.GENERATION, generation); // MMIO-10
    interrupts.setLevel(line, false);
    if (trace.on()) {
      TraceLine.of(name, "reset").to(trace);
    }
  }

  // ---- config space ----

  private long readConfig(long offset, int width) {
    if (!configAccess(offset, width)) {
      return wrongAccess();
    }
    long at = offset - MmioRegisters.CONFIG;
    if (at + width > device.configSize()) {
      return width == 4 ? 0xffff_ffffL : (1L << (8 * width)) - 1; // UAPI-12
    }
    return Integer.toUnsignedLong(device.readConfig((int) at, width));
  }

  private void writeConfig(long offset, int width, long value) {
    if (!configAccess(offset, width)) {
      wrongAccess();
      return;
    }
    long at = offset - MmioRegisters.CONFIG;
    if (at + width <= device.configSize()) {
      device.writeConfig((int) at, width, (int) value);
    }
  }

  private static boolean configAccess(long offset, int width) {
    return (width == 1 || width == 2 || width == 4) && (offset & (width - 1)) == 0;
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
    if (!driverOk() || !queue.ready()) {
      return DeviceWork.Next.IDLE; // BASE-DEV-01, MMIO-DEV-08
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
    } catch (RuntimeException bug) {
      log.error("{}: queue {}: the device model failed", name, index, bug);
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
    TransportState.check(name, state, device);
    queues.checkRestored();
    interrupts.setLevel(line, state.get(U32, TransportState.INTERRUPT_STATUS) != 0);
  }

  private int status() {
    return state.get(U32, TransportState.STATUS);
  }

  private boolean agreed() {
    return (status() & Virtio.STATUS_FEATURES_OK) != 0;
  }

  private void allowed(boolean allowed) {
    if (!allowed) {
      wrongAccess();
    }
  }

  private int wrongAccess() {
    TransportState.increment(state, TransportState.WRONG_ACCESSES);
    return 0;
  }

  /** Reads of constants say nothing; the rest is what a peer's trace would be compared with. */
  private static boolean worthTracing(long offset) {
    return offset >= MmioRegisters.DEVICE_FEATURES;
  }
}
