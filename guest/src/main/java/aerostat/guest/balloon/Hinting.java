package aerostat.guest.balloon;

import static aerostat.guest.machine.Memory.load32;
import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store32;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.kernel.ListHead;
import aerostat.guest.kernel.SpinLock;
import aerostat.guest.kernel.WorkStruct;
import aerostat.guest.kernel.Workqueue;
import aerostat.guest.machine.Ops;
import aerostat.guest.mm.Shrinker;
import aerostat.guest.virtio.Virtqueue;

/** The state of free page hinting, a part of {@link Balloon}. */
public record Hinting(long address) {
  private static final int QUEUE = 0;
  private static final int VARIANT = 8;
  private static final int WORKQUEUE = 16;
  private static final int RECEIVED = 24;
  private static final int NEED_READ = 28;
  private static final int ACTIVE = 32;
  private static final int STOP = 36;
  private static final int GENERATION = 40;
  private static final int START_PENDING = 44;
  private static final int LOCK = 48;
  private static final int UNUSED_BLOCKS = LOCK + SpinLock.SIZE;
  private static final int USED_BLOCKS = UNUSED_BLOCKS + ListHead.SIZE;
  private static final int NUM_UNUSED = USED_BLOCKS + ListHead.SIZE;
  private static final int NUM_USED = NUM_UNUSED + 8;
  private static final int WORK = NUM_USED + 8;
  private static final int SHRINKER = WORK + WorkStruct.SIZE;
  private static final int BATCH = SHRINKER + Shrinker.SIZE;
  private static final int BATCH_BLOCKS = BATCH + 8;
  private static final int STALE = BATCH_BLOCKS + ListHead.SIZE;

  /** Bytes of the structure. */
  static final int SIZE = STALE + 16;

  static Hinting ofWork(WorkStruct work) {
    return new Hinting(work.address() - WORK);
  }

  public Balloon balloon() {
    return Balloon.ofHinting(this);
  }

  public Virtqueue queue() {
    return new Virtqueue(load64(address + QUEUE));
  }

  void setQueue(Virtqueue queue) {
    store64(address + QUEUE, queue.address());
  }

  HintVariant variant() {
    return Ops.of(load64(address + VARIANT));
  }

  void setVariant(HintVariant variant) {
    store64(address + VARIANT, Ops.id(variant));
  }

  Workqueue workqueue() {
    return new Workqueue(load64(address + WORKQUEUE));
  }

  void setWorkqueue(Workqueue queue) {
    store64(address + WORKQUEUE, queue.address());
  }

  /** The command id read last (cmd_id_received_cache). */
  public int cachedId() {
    return load32(address + RECEIVED);
  }

  public void setCachedId(int id) {
    store32(address + RECEIVED, id);
  }

  /** The config has changed since the id was read (VIRTIO_BALLOON_CONFIG_READ_CMD_ID). */
  public boolean needsRead() {
    return load32(address + NEED_READ) != 0;
  }

  public void setNeedsRead(boolean needs) {
    store32(address + NEED_READ, needs ? 1 : 0);
  }

  /** The command that is, or was last, worked on; the device reads it from {@link #activeAt}. */
  public int activeId() {
    return load32(address + ACTIVE);
  }

  public void setActiveId(int id) {
    store32(address + ACTIVE, id);
  }

  public long activeAt() {
    return address + ACTIVE;
  }

  /** The device has not yet used the buffer with {@link #activeId}: it must keep its value. */
  public boolean startPending() {
    return load32(address + START_PENDING) != 0;
  }

  void setStartPending(boolean pending) {
    store32(address + START_PENDING, pending ? 1 : 0);
  }

  /** Buffer of its own for the STOP id (WALK-09, EDGE-20). */
  public long stopAt() {
    return address + STOP;
  }

  void setStopId(int id) {
    store32(address + STOP, id);
  }

  /** Changes when blocks are released that the device has not used yet. */
  int generation() {
    return load32(address + GENERATION);
  }

  void setGeneration(int generation) {
    store32(address + GENERATION, generation);
  }

  /** Blocks of old generations that the device has not used yet; {@code half}: 0 for the first. */
  long stale(int half) {
    return load64(address + (half == 0 ? STALE : STALE + 8));
  }

  void setStale(int half, long n) {
    store64(address + (half == 0 ? STALE : STALE + 8), n);
  }

  /** Guards queue and lists. */
  public SpinLock lock() {
    return new SpinLock(address + LOCK);
  }

  /** Held blocks that the device has not used yet. */
  public ListHead unusedBlocks() {
    return new ListHead(address + UNUSED_BLOCKS);
  }

  /** Held blocks that the device has used. */
  public ListHead usedBlocks() {
    return new ListHead(address + USED_BLOCKS);
  }

  public long numUnused() {
    return load64(address + NUM_UNUSED);
  }

  public void addUnused(long n) {
    store64(address + NUM_UNUSED, numUnused() + n);
  }

  public long numUsed() {
    return load64(address + NUM_USED);
  }

  public void addUsed(long n) {
    store64(address + NUM_USED, numUsed() + n);
  }

  WorkStruct work() {
    return new WorkStruct(address + WORK);
  }

  public Shrinker shrinker() {
    return new Shrinker(address + SHRINKER);
  }

  /** Blocks that are allocated at a time. */
  int batch() {
    return load32(address + BATCH);
  }

  void setBatch(int blocks) {
    store32(address + BATCH, blocks);
  }

  /** Blocks allocated and not yet hinted; the hint work's alone. */
  ListHead batchBlocks() {
    return new ListHead(address + BATCH_BLOCKS);
  }
}
