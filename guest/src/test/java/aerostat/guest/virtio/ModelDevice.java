package aerostat.guest.virtio;

import aerostat.guest.machine.Memory;
import aerostat.guest.plain.PlainDevice;
import aerostat.guest.plain.PlainMachine;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * A virtio-mmio device of version 2, or 1, for the plain machine, as simple as the registers allow.
 * It logs every register write, and does with its rings only what a test tells it to.
 */
public final class ModelDevice implements PlainDevice {
  /** Address, interrupt line and command line word that tests use. */
  public static final long BASE = 0x0a00_0000L;

  public static final int IRQ = 1;
  public static final String PARAM = "virtio_mmio.device=4K@0x0a000000:1";

  /** A piece of a buffer. */
  public record Piece(long address, int length, boolean writable) {}

  /** A buffer taken off a queue. */
  public record Buffer(int head, List<Piece> pieces) {}

  private static final class Queue {
    int max;
    int size;
    int align;
    int pfn;
    boolean ready;
    long desc;
    long avail;
    long used;
    int lastAvail;
    int usedIndex;

    void reset() {
      ready = false;
      pfn = 0;
      lastAvail = 0;
      usedIndex = 0;
    }
  }

  public int magic = 0x74726976;
  public int version = 2;
  public int deviceId;
  public long offered = VirtioIds.bit(VirtioIds.F_VERSION_1);
  public boolean refuseFeatures;

  /** A reset has no effect. */
  public boolean neverResets;

  public final byte[] config = new byte[16];
  public final List<String> log = new ArrayList<>();
  public long accepted;
  public int configReads;
  public int status;

  /** Runs at each write to QueueNotify, with the queue's index. */
  public IntConsumer onNotify = queue -> {};

  /** Runs after each write to a register, with its offset. */
  public IntConsumer onWrite = offset -> {};

  /** Runs when the guest sleeps; true when it did something. */
  public java.util.function.BooleanSupplier onIdle = () -> false;

  /** Runs at each reset. */
  public Runnable onReset = () -> {};

  /** Reads of QueueReset that say that the reset goes on; negative: it never ends. */
  public int resetReads;

  private final List<Queue> queues = new ArrayList<>();
  private int isr;
  private int deviceFeaturesSel;
  private int driverFeaturesSel;
  private int queueSel;
  private int pageSize;

  public ModelDevice(int deviceId, int... sizes) {
    this.deviceId = deviceId;
    for (int size : sizes) {
      Queue q = new Queue();
      q.max = size;
      queues.add(q);
    }
  }

  private Queue selected() {
    return queueSel < queues.size() ? queues.get(queueSel) : new Queue();
  }

  public boolean isReady(int queue) {
    return queues.get(queue).ready;
  }

  /** Pretends that the queue is in use from before. */
  public void setReady(int queue) {
    queues.get(queue).ready = true;
  }

  public int config32(int offset) {
    return (config[offset] & 0xff)
        | (config[offset + 1] & 0xff) << 8
        | (config[offset + 2] & 0xff) << 16
        | config[offset + 3] << 24;
  }

  public void setConfig32(int offset, int value) {
    for (int i = 0; i < 4; i++) {
      config[offset + i] = (byte) (value >>> (8 * i));
    }
  }

  /** Config change interrupt, with both bits, as QEMU (DEV-12). */
  public void configChanged() {
    raise(3);
  }

  /** Says that it needs a reset, by interrupt (BASE-DEV-04). */
  public void needsReset() {
    status |= VirtioIds.STATUS_NEEDS_RESET;
    configChanged();
  }

  public void raise(int bits) {
    isr |= bits;
    PlainMachine.setLine(IRQ, isr != 0);
  }

  /** Interrupt bits that the driver has not acknowledged. */
  public int pendingBits() {
    return isr;
  }

  @Override
  public boolean idle() {
    return onIdle.getAsBoolean();
  }

  @Override
  public long read(long offset, int width) {
    if (offset >= 0x100) {
      configReads++;
      checkConfigWidth(width);
      int at = (int) offset - 0x100;
      return Integer.toUnsignedLong(version == 1 ? config[at] & 0xff : config32(at));
    }
    if (width != 4) {
      throw new AssertionError("read of width " + width + " at " + offset);
    }
    checkVersion((int) offset);
    int value =
        switch ((int) offset) {
          case 0x000 -> magic;
          case 0x004 -> version;
          case 0x008 -> deviceId;
          case 0x00c -> 0x554d4551;
          case 0x010 -> (int) (offered >>> (32 * deviceFeaturesSel));
          case 0x034 -> max(selected());
          case 0x040 -> selected().pfn;
          case 0x044 -> selected().ready ? 1 : 0;
          case 0x060 -> isr;
          case 0x070 -> status;
          case 0x0c0 -> resetReads == 0 || resetReads-- == 0 ? 0 : 1;
          case 0x0fc -> 0;
          default -> throw new AssertionError("read of register " + Long.toHexString(offset));
        };
    log.add("read " + Long.toHexString(offset));
    return Integer.toUnsignedLong(value);
  }

  @Override
  public void write(long offset, int width, long value) {
    log.add(Long.toHexString(offset) + "=" + Long.toHexString(value));
    if (offset >= 0x100) {
      checkConfigWidth(width);
      if (version == 1) {
        config[(int) offset - 0x100] = (byte) value;
      } else {
        setConfig32((int) offset - 0x100, (int) value);
      }
      return;
    }
    if (width != 4) {
      throw new AssertionError("write of width " + width + " at " + offset);
    }
    checkVersion((int) offset);
    writeRegister(offset, value);
    onWrite.accept((int) offset);
  }

  private void writeRegister(long offset, long value) {
    switch ((int) offset) {
      case 0x028 -> pageSize = (int) value;
      case 0x03c -> selected().align = (int) value;
      case 0x040 -> place(selected(), (int) value);
      case 0x014 -> deviceFeaturesSel = (int) value;
      case 0x020 -> accept(value);
      case 0x024 -> driverFeaturesSel = (int) value;
      case 0x030 -> queueSel = (int) value;
      case 0x038 -> setSize(selected(), (int) value);
      case 0x044 -> selected().ready = value == 1;
      case 0x050 -> onNotify.accept((int) value);
      case 0x064 -> {
        isr &= (int) ~value;
        PlainMachine.setLine(IRQ, isr != 0);
      }
      case 0x070 -> setStatus((int) value);
      case 0x0c0 -> selected().reset();
      case 0x080, 0x090, 0x0a0 -> setAddress((int) offset, value, 0);
      case 0x084, 0x094, 0x0a4 -> setAddress((int) offset - 4, value, 32);
      default -> throw new AssertionError("write of register " + Long.toHexString(offset));
    }
  }

  /** The balloon's fields have 32 bits; over version 1 all goes by bytes (MMIO-02). */
  private void checkConfigWidth(int width) {
    if (width != (version == 1 ? 1 : 4)) {
      throw new AssertionError("config access of width " + width);
    }
  }

  private void checkVersion(int offset) {
    boolean old = offset == 0x028 || offset == 0x03c || offset == 0x040;
    boolean modern = offset == 0x044 || offset >= 0x080;
    if (version == 1 ? modern : old) {
      throw new AssertionError("version " + version + " has no " + Integer.toHexString(offset));
    }
  }

  private static int max(Queue q) {
    if (q.pfn != 0) {
      throw new AssertionError("MMIO-LEG-05: QueueSizeMax of a queue that is in use");
    }
    return q.max;
  }

  private static void setSize(Queue q, int size) {
    if (q.ready) {
      throw new AssertionError("MMIO-DRV-15: size of a queue that is ready");
    }
    q.size = size;
  }

  private void place(Queue q, int pfn) {
    q.pfn = pfn;
    q.ready = pfn != 0;
    q.desc = Integer.toUnsignedLong(pfn) * pageSize;
    q.avail = q.desc + 16L * q.size;
    q.used = (q.avail + 6 + 2L * q.size + q.align - 1) / q.align * q.align;
  }

  private void accept(long value) {
    long mask = 0xffff_ffffL << (32 * driverFeaturesSel);
    accepted = (accepted & ~mask) | (value << (32 * driverFeaturesSel) & mask);
  }

  private void setStatus(int value) {
    if (value == 0 && neverResets) {
      return;
    }
    status = value & ~(refuseFeatures ? VirtioIds.STATUS_FEATURES_OK : 0);
    if (value == 0) {
      onReset.run();
      isr = 0;
      PlainMachine.setLine(IRQ, false);
      for (Queue q : queues) {
        q.reset();
      }
    }
  }

  private void setAddress(int register, long value, int shift) {
    Queue q = selected();
    if (q.ready) {
      throw new AssertionError("MMIO-DRV-15: address of a queue that is ready");
    }
    long mask = 0xffff_ffffL << shift;
    switch (register) {
      case 0x080 -> q.desc = (q.desc & ~mask) | value << shift;
      case 0x090 -> q.avail = (q.avail & ~mask) | value << shift;
      default -> q.used = (q.used & ~mask) | value << shift;
    }
  }

  // The rings.

  public int size(int queue) {
    return queues.get(queue).size;
  }

  public long usedRing(int queue) {
    return queues.get(queue).used;
  }

  public long availRing(int queue) {
    return queues.get(queue).avail;
  }

  public long descriptors(int queue) {
    return queues.get(queue).desc;
  }

  private boolean eventIndex() {
    return (accepted & VirtioIds.bit(VirtioIds.F_EVENT_IDX)) != 0;
  }

  /** Takes the next buffer, null for none, and asks to be told of the one after. */
  public Buffer pop(int queue) {
    Queue q = queues.get(queue);
    if (!q.ready || q.lastAvail == Memory.load16(q.avail + 2)) {
      return null;
    }
    int head = Memory.load16(q.avail + 4 + 2L * (q.lastAvail % q.size));
    q.lastAvail = q.lastAvail + 1 & 0xffff;
    if (eventIndex()) {
      Memory.store16(q.used + 4 + 8L * q.size, q.lastAvail);
    }
    return new Buffer(head, pieces(q, head));
  }

  private List<Piece> pieces(Queue q, int head) {
    List<Piece> pieces = new ArrayList<>();
    long table = q.desc;
    int i = head;
    if ((Memory.load16(table + 16L * i + 12) & VringLayout.F_INDIRECT) != 0) {
      table = Memory.load64(q.desc + 16L * head);
      i = 0;
    }
    while (true) {
      long d = table + 16L * i;
      int flags = Memory.load16(d + 12);
      pieces.add(
          new Piece(Memory.load64(d), Memory.load32(d + 8), (flags & VringLayout.F_WRITE) != 0));
      if ((flags & VringLayout.F_NEXT) == 0) {
        return pieces;
      }
      i = Memory.load16(d + 14);
    }
  }

  /** Gives a buffer back and raises the interrupt, if the driver wants it. */
  public void push(int queue, int head, int length) {
    pushBatch(queue, head, length, 1);
  }

  /** With IN_ORDER: gives so many buffers back with one entry, that of the last (SPLIT-TXT-09). */
  public void pushBatch(int queue, int head, int length, int count) {
    Queue q = queues.get(queue);
    long entry = q.used + 4 + 8L * (q.usedIndex % q.size);
    Memory.store32(entry, head);
    Memory.store32(entry + 4, length);
    int old = q.usedIndex;
    q.usedIndex = q.usedIndex + count & 0xffff;
    Memory.store16(q.used + 2, q.usedIndex);
    if (eventIndex()
        ? VringLayout.needEvent(Memory.load16(q.avail + 4 + 2L * q.size), q.usedIndex, old)
        : Memory.load16(q.avail) == 0) {
      raise(1);
    }
  }

  /** Pops and pushes all there is. */
  public void ackAll(int queue) {
    for (Buffer b = pop(queue); b != null; b = pop(queue)) {
      push(queue, b.head(), 0);
    }
  }
}
