package aerostat.guest.virtio;

import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Ops;

/**
 * One slot of the table with which a driver asks for its queues (Linux's struct virtqueue_info).
 * Layout: +0 name (a string constant's address, 0: no queue in this slot), +8 callback, +16 the
 * queue found, +24 whether the device has a queue for it though it is left out.
 */
public record VirtqueueInfo(long address) {
  /** Bytes of one slot. */
  public static final int SIZE = 32;

  private static final int NAME = 0;
  private static final int CALLBACK = 8;
  private static final int QUEUE = 16;
  private static final int OFFERED = 24;

  /** The slot {@code i} places after this one. */
  public VirtqueueInfo at(int i) {
    return new VirtqueueInfo(address + (long) i * SIZE);
  }

  /** Asks for a queue; {@code callback} null: the driver polls. */
  public void ask(String name, VirtqueueCallback callback) {
    store64(address + NAME, Cpu.string(name));
    store64(address + CALLBACK, Ops.id(callback));
    store64(address + QUEUE, 0);
    store64(address + OFFERED, 1);
  }

  /**
   * Leaves the slot without a queue; no word of it keeps what was there (HFIX-06).
   *
   * @param offered the device offered the feature to which the queue belongs
   */
  public void leaveOut(boolean offered) {
    store64(address + NAME, 0);
    store64(address + CALLBACK, 0);
    store64(address + QUEUE, 0);
    store64(address + OFFERED, offered ? 1 : 0);
  }

  boolean isOffered() {
    return load64(address + OFFERED) != 0;
  }

  public boolean isNamed() {
    return load64(address + NAME) != 0;
  }

  /** Address of the name's bytes. */
  public long name() {
    return load64(address + NAME);
  }

  /** Number of the callback, 0 for none. */
  public long callback() {
    return load64(address + CALLBACK);
  }

  /** The queue found, null before. */
  public Virtqueue queue() {
    return Virtqueue.ofNullable(load64(address + QUEUE));
  }

  void setQueue(long queue) {
    store64(address + QUEUE, queue);
  }
}
