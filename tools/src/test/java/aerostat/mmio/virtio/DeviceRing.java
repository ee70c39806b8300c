package aerostat.mmio.virtio;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.trace.Trace;
import java.lang.foreign.MemorySegment;

/** The device's side of one queue behind a port that only notes whether it is to interrupt. */
public final class DeviceRing implements VirtioPort {
  private final GuestMemory memory;
  private final long features;
  private final MemorySegment state = MemorySegment.ofArray(new long[TransportState.bytes(1) / 8]);
  private final DeviceQueue queue;
  private boolean interrupted;

  public DeviceRing(GuestMemory memory, long features) {
    this.memory = memory;
    this.features = features;
    queue =
        (features & Virtio.F_RING_PACKED) != 0
            ? new PackedVirtqueue(this, state, 0, false)
            : new SplitVirtqueue(this, state, 0, false);
  }

  /** Starts the queue at its beginning. */
  public void start(int size, long descriptors, long driverArea, long deviceArea) {
    int base = TransportState.queue(0);
    queue.reset();
    state.set(TransportState.U32, base + TransportState.QUEUE_SIZE, size);
    state.set(TransportState.U64, base + TransportState.QUEUE_DESC, descriptors);
    state.set(TransportState.U64, base + TransportState.QUEUE_DRIVER, driverArea);
    state.set(TransportState.U64, base + TransportState.QUEUE_DEVICE, deviceArea);
    queue.enable(size);
    interrupted = false;
  }

  public Virtqueue queue() {
    return queue;
  }

  public boolean hasAvailable() {
    return queue.hasAvailable();
  }

  public void suppressNotifications() {
    queue.suppressNotifications();
  }

  public void allowNotifications() {
    queue.allowNotifications();
  }

  /** Whether the last flush was to interrupt. */
  public boolean interrupted() {
    return interrupted;
  }

  // ---- wrong forms ----

  /** flush of {@code count} entries as it must not be: the look behind it has no full fence. */
  public boolean flushWithoutFence(int count) {
    int base = TransportState.queue(0);
    long driver = state.get(TransportState.U64, base + TransportState.QUEUE_DRIVER);
    int used = state.get(TransportState.U32, base + TransportState.QUEUE_USED);
    if ((features & Virtio.F_RING_PACKED) == 0) {
      long device = state.get(TransportState.U64, base + TransportState.QUEUE_DEVICE);
      memory.storeUnmarkedRelease16(device + 2, used + count);
      return (memory.loadAcquire16(driver) & Virtio.AVAIL_NO_INTERRUPT) == 0;
    }
    int flags = memory.loadAcquire16(driver + 2) & 3;
    if (flags == Virtio.EVENT_DESC && (features & Virtio.F_EVENT_IDX) != 0) {
      // The ring has not come to its end in these tests.
      return Virtio.packedEventPassed(memory.load16(driver), used - count, count, queue.size());
    }
    return flags != Virtio.EVENT_DISABLE;
  }

  /** Flags and position of the driver's event suppression structure, read as flush reads them. */
  public int eventFlags() {
    return memory.loadAcquire16(driverArea() + 2) & 3;
  }

  public int eventPosition() {
    return memory.load16(driverArea());
  }

  private long driverArea() {
    return state.get(TransportState.U64, TransportState.queue(0) + TransportState.QUEUE_DRIVER);
  }

  // ---- the port ----

  @Override
  public String name() {
    return "virtio0";
  }

  @Override
  public GuestMemory memory() {
    return memory;
  }

  @Override
  public Trace trace() {
    return Trace.OFF;
  }

  @Override
  public long features() {
    return features;
  }

  @Override
  public boolean driverOk() {
    return true;
  }

  @Override
  public Virtqueue queue(int index) {
    return queue;
  }

  @Override
  public void pushed(int index, boolean notify) {
    interrupted = notify;
  }

  @Override
  public void configChanged() {}

  @Override
  public void needsReset(String reason) {
    throw new IllegalStateException(reason);
  }

  @Override
  public void kick(int index) {}
}
