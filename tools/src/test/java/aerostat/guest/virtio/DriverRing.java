package aerostat.guest.virtio;

import static aerostat.guest.machine.Memory.load16;

import aerostat.guest.plain.PlainMachine;

/**
 * The driver's private state of one queue of four entries, set up by hand in memory of the plain
 * machine, so that {@link VirtioRing} can be driven where no guest has booted.
 */
public final class DriverRing {
  /** Entries. */
  public static final int SIZE = 4;

  /** Bytes that a ring takes: what the driver writes and what the device writes lie apart. */
  public static final int BYTES = 1024;

  private static final int STATE = 192;
  private static final int EXTRA = STATE + SIZE * VringState.SIZE;
  private static final int DESCRIPTORS = 512;
  private static final int DRIVER_AREA = 640;
  private static final int DEVICE_AREA = 768;

  private DriverRing() {}

  public static long descriptors(long at) {
    return at + DESCRIPTORS;
  }

  public static long driverArea(long at) {
    return at + DRIVER_AREA;
  }

  public static long deviceArea(long at) {
    return at + DEVICE_AREA;
  }

  /** An empty queue as VringSetup leaves it, with a callback. */
  public static Virtqueue start(long at, boolean packed, boolean event) {
    PlainMachine.fillBlock(at, BYTES, 0);
    Virtqueue q = new Virtqueue(at);
    q.setSize(SIZE);
    q.setRing(descriptors(at), driverArea(at), deviceArea(at));
    q.setTables(at + STATE, at + EXTRA);
    q.setEventIndex(event);
    q.setPacked(packed);
    q.setFree(SIZE);
    for (int i = 0; i < SIZE; i++) {
      q.extra(i).setNext((i + 1) % SIZE);
    }
    if (packed) {
      q.setAvailWrap(true);
      q.setLastUsed(VirtioRingPacked.WRAP);
    }
    return q;
  }

  // ---- wrong forms ----

  /** kickPrepare as it must not be: without mb, and so without the order that it gives. */
  public static boolean kickPrepareWithoutFence(Virtqueue q) {
    int now = q.availIndex();
    if (!q.isPacked()) {
      return (load16(q.used() + VringLayout.USED_FLAGS) & VringLayout.USED_F_NO_NOTIFY) == 0;
    }
    int flags = load16(q.used() + VirtioRingPacked.EVENT_FLAGS);
    if (flags != VirtioRingPacked.EVENT_DESC) {
      return flags != VirtioRingPacked.EVENT_DISABLE;
    }
    // The wrap counters of these tests are as at the start.
    int event = load16(q.used()) & VirtioRingPacked.WRAP - 1;
    return VringLayout.needEvent(event, now, now - q.added());
  }
}
