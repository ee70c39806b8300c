package aerostat.tools.ringstress;

import aerostat.guest.plain.PlainMachine;
import aerostat.guest.virtio.DriverRing;
import aerostat.guest.virtio.VirtioRing;
import aerostat.guest.virtio.Virtqueue;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.virtio.DeviceRing;
import aerostat.mmio.virtio.Virtio;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A queue with both of its sides, the product's own: {@link VirtioRing} on the plain machine, and
 * {@code SplitVirtqueue} or {@code PackedVirtqueue} over the same memory. One buffer has gone round
 * already; since then the device has said that it needs no notification, and the driver that it
 * needs no interrupt.
 *
 * <p>Queues come from a pool that goes round: jcstress makes a state anew when all that it had
 * before have been run.
 */
public class Rings {
  /** Queues in the pool, more than {@link RingStressTest} lets jcstress have at a time. */
  static final int POOL = 2048;

  /** Bytes of a buffer; nobody looks into them. */
  static final int LENGTH = 16;

  private static final long FIRST = GuestMemory.RAM_BASE + PlainMachine.ROM_SIZE;
  private static final AtomicInteger NEXT = new AtomicInteger();
  private static final GuestMemory MEMORY = memory();
  private static final Map<Long, DeviceRing[]> DEVICES = new ConcurrentHashMap<>();

  final Virtqueue q;
  final DeviceRing device;
  private int added;

  Rings(boolean packed, boolean event) {
    int slot = Math.floorMod(NEXT.getAndIncrement(), POOL);
    long at = FIRST + (long) slot * DriverRing.BYTES;
    device = devices(packed, event)[slot];
    q = DriverRing.start(at, packed, event);
    device.start(
        DriverRing.SIZE,
        DriverRing.descriptors(at),
        DriverRing.driverArea(at),
        DriverRing.deviceArea(at));
    VirtioRing.disableCb(q);
    device.suppressNotifications();
    inFlight(1);
    device.queue().push(0, 0);
    if (VirtioRing.getBuf(q) != 1) {
      throw new IllegalStateException("the first buffer did not come back");
    }
    var unused = VirtioRing.kickPrepare(q);
  }

  private static GuestMemory memory() {
    PlainMachine.reset(PlainMachine.ROM_SIZE + (long) POOL * DriverRing.BYTES);
    return new GuestMemory(new PlainRam());
  }

  private static DeviceRing[] devices(boolean packed, boolean event) {
    long features = (packed ? Virtio.F_RING_PACKED : 0) | (event ? Virtio.F_EVENT_IDX : 0);
    return DEVICES.computeIfAbsent(
        features | Virtio.F_VERSION_1,
        agreed -> {
          DeviceRing[] made = new DeviceRing[POOL];
          Arrays.setAll(made, i -> new DeviceRing(MEMORY, agreed));
          return made;
        });
  }

  /** Where buffer {@code number} is said to be. */
  static long address(int number) {
    return GuestMemory.RAM_BASE + 4096L * number;
  }

  /** Which buffer is said to be there. */
  static int number(long address) {
    return (int) ((address - GuestMemory.RAM_BASE) / 4096);
  }

  /** The driver adds a buffer; its token is its number, from 1. */
  final void add() {
    added++;
    if (VirtioRing.addInbuf(q, address(added), LENGTH, added) != 0) {
      throw new IllegalStateException("no room");
    }
  }

  /** Before the actors: {@code count} buffers that the device has taken. */
  final void inFlight(int count) {
    for (int i = 0; i < count; i++) {
      add();
      if (device.queue().pop() == null) {
        throw new IllegalStateException("nothing was there");
      }
    }
  }

  /** The device fills in the used entries of that many, heads from 0, with a length for each. */
  final void fill(int count) {
    for (int head = 0; head < count; head++) {
      device.queue().fill(head, LENGTH - head);
    }
  }

  /** The device flushes what it filled; 1 if it interrupts. */
  final int flush() {
    device.queue().flush();
    return device.interrupted() ? 1 : 0;
  }

  /** The driver asks for interrupts and looks once more; 1 if it sees a used buffer. */
  final int enableCallbacks() {
    return VirtioRing.poll(q, VirtioRing.enableCbPrepare(q)) ? 1 : 0;
  }

  /** The driver adds a buffer and looks whether the device wants to be told; 1 if so. */
  final int addAndLook() {
    add();
    return VirtioRing.kickPrepare(q) ? 1 : 0;
  }

  /** The device asks for notifications and looks once more; 1 if it sees a buffer. */
  final int allowNotifications() {
    device.allowNotifications();
    return device.hasAvailable() ? 1 : 0;
  }
}
