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
record Hinting(long address) {
  private static final int QUEUE = 0;
  private static final int STRATEGY = 8;
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

  /** Bytes of the structure. */
  static final int SIZE = SHRINKER + Shrinker.SIZE;

  static Hinting ofWork(WorkStruct work) {
    return new Hinting(work.address() - WORK);
  }

  Balloon balloon() {
    return Balloon.ofHinting(this);
  }

  Virtqueue queue() {
    return new Virtqueue(load64(address + QUEUE));
  }

  void setQueue(Virtqueue queue) {
    store64(address + QUEUE, queue.address());
  }

  HintStrategy strategy() {
    return Ops.of(load64(address + STRATEGY));
  }

  void setStrategy(HintStrategy strategy) {
    store64(address + STRATEGY, Ops.id(strategy));
  }

  Workqueue workqueue() {
    return new Workqueue(load64(address + WORKQUEUE));
  }

  void setWorkqueue(Workqueue queue) {
    store64(address + WORKQUEUE, queue.address());
  }

  /** The command id read last (cmd_id_received_cache). */
  int cachedId() {
    return load32(address + RECEIVED);
  }

  void setCachedId(int id) {
    store32(address + RECEIVED, id);
  }

  /** The config has changed since the id was read (VIRTIO_BALLOON_CONFIG_READ_CMD_ID). */
  boolean needsRead() {
    return load32(address + NEED_READ) != 0;
  }

  void setNeedsRead(boolean needs) {
    store32(address + NEED_READ, needs ? 1 : 0);
  }

  /** The command that is, or was last, worked on; the device reads it from {@link #activeAt}. */
  int activeId() {
    return load32(address + ACTIVE);
  }

  void setActiveId(int id) {
    store32(address + ACTIVE, id);
  }

  long activeAt() {
    return address + ACTIVE;
  }

  /** The device has not yet used the buffer with {@link #activeId}: it must keep its value. */
  boolean startPending() {
    return load32(address + START_PENDING) != 0;
  }

  void setStartPending(boolean pending) {
    store32(address + START_PENDING, pending ? 1 : 0);
  }

  /** Buffer of its own for the STOP id (WALK-09, EDGE-20). */
  long stopAt() {
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

  /** Guards queue and lists. */
  SpinLock lock() {
    return new SpinLock(address + LOCK);
  }

  /** Held blocks that the device has not used yet. */
  ListHead unusedBlocks() {
    return new ListHead(address + UNUSED_BLOCKS);
  }

  /** Held blocks that the device has used. */
  ListHead usedBlocks() {
    return new ListHead(address + USED_BLOCKS);
  }

  long numUnused() {
    return load64(address + NUM_UNUSED);
  }

  void addUnused(long n) {
    store64(address + NUM_UNUSED, numUnused() + n);
  }

  long numUsed() {
    return load64(address + NUM_USED);
  }

  void addUsed(long n) {
    store64(address + NUM_USED, numUsed() + n);
  }

  WorkStruct work() {
    return new WorkStruct(address + WORK);
  }

  Shrinker shrinker() {
    return new Shrinker(address + SHRINKER);
  }
}
