package aerostat.guest.virtio;

import static aerostat.guest.machine.Memory.load32;
import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store32;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.machine.Ops;

/**
 * The driver's private state of a queue (Linux's struct vring_virtqueue). What the device can
 * write, the ring itself, is never trusted: chains are followed in the shadow copy (VringExtra), so
 * a device that scribbles over the descriptor table harms only itself. {@link VirtioRing} holds the
 * operations.
 */
public record Virtqueue(long address) {
  /** Bytes of the structure. */
  public static final int SIZE = 168;

  private static final int INDEX = 0;
  private static final int NUM = 4;
  private static final int NUM_MAX = 8;
  private static final int NUM_FREE = 12;
  private static final int FREE_HEAD = 16;
  private static final int NUM_ADDED = 20;
  private static final int LAST_USED = 24;
  private static final int AVAIL_FLAGS = 28;
  private static final int AVAIL_INDEX = 32;
  private static final int BROKEN = 36;
  private static final int EVENT = 40;
  private static final int INDIRECT = 44;
  private static final int EVENT_TRIGGERED = 48;
  private static final int LAST_LENGTH = 52;
  private static final int RING_ORDER = 56;
  private static final int STATE_ORDER = 60;
  private static final int NAME = 64;
  private static final int CALLBACK = 72;
  private static final int DEVICE = 80;
  private static final int RING = 88;
  private static final int AVAIL = 96;
  private static final int USED = 104;
  private static final int STATE = 112;
  private static final int EXTRA = 120;
  private static final int NEXT = 128;
  private static final int PACKED = 136;
  private static final int AVAIL_WRAP = 140;
  private static final int IN_ORDER = 144;
  private static final int OLDEST = 148;
  private static final int BATCH = 152;
  private static final int BATCH_LENGTH = 156;
  private static final int BATCH_END = 160;

  /** The queue at {@code address}, null for 0. */
  public static Virtqueue ofNullable(long address) {
    return address == 0 ? null : new Virtqueue(address);
  }

  /** The device's number of the queue. */
  public int index() {
    return load32(address + INDEX);
  }

  void setIndex(int index) {
    store32(address + INDEX, index);
  }

  /** Ring entries, a power of two (virtqueue_get_vring_size). */
  public int size() {
    return load32(address + NUM);
  }

  void setSize(int num) {
    store32(address + NUM, num);
  }

  /** Most entries that the device takes. */
  public int maxSize() {
    return load32(address + NUM_MAX);
  }

  void setMaxSize(int num) {
    store32(address + NUM_MAX, num);
  }

  /** Free descriptors (vq->num_free, MMIO-13). */
  public int free() {
    return load32(address + NUM_FREE);
  }

  void setFree(int free) {
    store32(address + NUM_FREE, free);
  }

  int freeHead() {
    return load32(address + FREE_HEAD);
  }

  void setFreeHead(int head) {
    store32(address + FREE_HEAD, head);
  }

  /** Buffers added since the last kick. */
  int added() {
    return load32(address + NUM_ADDED);
  }

  void setAdded(int added) {
    store32(address + NUM_ADDED, added);
  }

  /** 16-bit index of the next used entry to be taken. */
  int lastUsed() {
    return load32(address + LAST_USED);
  }

  void setLastUsed(int index) {
    store32(address + LAST_USED, index & 0xffff);
  }

  /** What we wrote, or would have written, to the available ring's flags. */
  int availFlags() {
    return load32(address + AVAIL_FLAGS);
  }

  void setAvailFlags(int flags) {
    store32(address + AVAIL_FLAGS, flags);
  }

  /** 16-bit index of the next available entry; the ring's own copy is never read back. */
  int availIndex() {
    return load32(address + AVAIL_INDEX);
  }

  void setAvailIndex(int index) {
    store32(address + AVAIL_INDEX, index & 0xffff);
  }

  /** Whether the device broke the rules here, or is gone (virtqueue_is_broken). */
  public boolean isBroken() {
    return load32(address + BROKEN) != 0;
  }

  public void setBroken(boolean broken) {
    store32(address + BROKEN, broken ? 1 : 0);
  }

  /** VIRTIO_F_EVENT_IDX is in use. */
  boolean hasEventIndex() {
    return load32(address + EVENT) != 0;
  }

  void setEventIndex(boolean event) {
    store32(address + EVENT, event ? 1 : 0);
  }

  /** VIRTIO_F_INDIRECT_DESC is in use. */
  boolean hasIndirect() {
    return load32(address + INDIRECT) != 0;
  }

  void setIndirect(boolean indirect) {
    store32(address + INDIRECT, indirect ? 1 : 0);
  }

  /** An interrupt came since callbacks were last enabled; hint for {@link VirtioRing#disableCb}. */
  boolean eventTriggered() {
    return load32(address + EVENT_TRIGGERED) != 0;
  }

  void setEventTriggered(boolean triggered) {
    store32(address + EVENT_TRIGGERED, triggered ? 1 : 0);
  }

  /** Used length of the buffer that {@link VirtioRing#getBuf} returned last; unsigned 32 bits. */
  public int lastLength() {
    return load32(address + LAST_LENGTH);
  }

  void setLastLength(int length) {
    store32(address + LAST_LENGTH, length);
  }

  int ringOrder() {
    return load32(address + RING_ORDER);
  }

  int stateOrder() {
    return load32(address + STATE_ORDER);
  }

  void setOrders(int ring, int state) {
    store32(address + RING_ORDER, ring);
    store32(address + STATE_ORDER, state);
  }

  /** Address of the name's bytes. */
  public long name() {
    return load64(address + NAME);
  }

  void setName(long name) {
    store64(address + NAME, name);
  }

  /** Called when buffers were used, null: the driver polls. */
  VirtqueueCallback callback() {
    return Ops.of(load64(address + CALLBACK));
  }

  boolean hasCallback() {
    return load64(address + CALLBACK) != 0;
  }

  void setCallback(long callback) {
    store64(address + CALLBACK, callback);
  }

  /** The device it belongs to. */
  public VirtioDevice device() {
    return new VirtioDevice(load64(address + DEVICE));
  }

  void setDevice(VirtioDevice device) {
    store64(address + DEVICE, device.address());
  }

  /** Guest-physical address of the descriptor table. */
  long descriptors() {
    return load64(address + RING);
  }

  /** Guest-physical address of the available ring. */
  long avail() {
    return load64(address + AVAIL);
  }

  /** Guest-physical address of the used ring. */
  long used() {
    return load64(address + USED);
  }

  void setRing(long descriptors, long avail, long used) {
    store64(address + RING, descriptors);
    store64(address + AVAIL, avail);
    store64(address + USED, used);
  }

  long stateTable() {
    return load64(address + STATE);
  }

  long extraTable() {
    return load64(address + EXTRA);
  }

  void setTables(long state, long extra) {
    store64(address + STATE, state);
    store64(address + EXTRA, extra);
  }

  /** What was added with head {@code i}. */
  VringState state(int i) {
    return new VringState(stateTable() + (long) i * VringState.SIZE);
  }

  /** Shadow of descriptor {@code i}. */
  VringExtra extra(int i) {
    return new VringExtra(extraTable() + (long) i * VringExtra.SIZE);
  }

  /** VIRTIO_F_RING_PACKED is in use. */
  boolean isPacked() {
    return load32(address + PACKED) != 0;
  }

  void setPacked(boolean packed) {
    store32(address + PACKED, packed ? 1 : 0);
  }

  /** The driver's wrap counter of a packed ring. */
  boolean availWrap() {
    return load32(address + AVAIL_WRAP) != 0;
  }

  void setAvailWrap(boolean wrap) {
    store32(address + AVAIL_WRAP, wrap ? 1 : 0);
  }

  /** VIRTIO_F_IN_ORDER is in use. */
  boolean isInOrder() {
    return load32(address + IN_ORDER) != 0;
  }

  void setInOrder(boolean order) {
    store32(address + IN_ORDER, order ? 1 : 0);
  }

  /** In-order split ring: head of the buffer that the device has to use next. */
  int oldest() {
    return load32(address + OLDEST);
  }

  void setOldest(int head) {
    store32(address + OLDEST, head);
  }

  /** Whether some buffers of a batch that the device used are still to be taken. */
  boolean inBatch() {
    return load32(address + BATCH) != 0;
  }

  /** The id that the device gave: that of the batch's last buffer. */
  int batchId() {
    return load32(address + BATCH) - 1;
  }

  /** Used length of the batch's last buffer. */
  int batchLength() {
    return load32(address + BATCH_LENGTH);
  }

  /** Used index up to which the device has used buffers, as read when the batch began. */
  int batchEnd() {
    return load32(address + BATCH_END);
  }

  void beginBatch(int id, int length, int end) {
    store32(address + BATCH, id + 1);
    store32(address + BATCH_LENGTH, length);
    store32(address + BATCH_END, end);
  }

  void endBatch() {
    store32(address + BATCH, 0);
  }

  /** The device's next queue, null at the end. */
  Virtqueue next() {
    return ofNullable(load64(address + NEXT));
  }

  void setNext(long next) {
    store64(address + NEXT, next);
  }
}
