package aerostat.vmm.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import aerostat.mmio.bus.MmioBus;
import aerostat.mmio.memory.GuestMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * What generated guest code calls: guest memory, MMIO, the processor, and the machinery of
 * safepoints.
 *
 * <p>A template: each VM's loader defines its own copy from these bytes, whose {@code static final}
 * fields hold that VM's RAM, so that a load compiles to a compare and a move. The class as it lies
 * on the class path cannot be initialised. Everything here runs on the vCPU thread.
 *
 * <p>A load may read the image and RAM; a store only RAM above the image. Each store marks the
 * dirty log after its data, with release order, unconditionally. An address outside: {@link
 * GuestFault}.
 */
public final class Intrinsics implements VcpuPort {
  private static final VcpuBinding BINDING = VcpuBinding.take(new Intrinsics());

  private static final long RAM_BASE = GuestMemory.RAM_BASE;
  private static final int PAGE_SIZE = GuestMemory.PAGE_SIZE;
  private static final int PAGE_SHIFT = GuestMemory.PAGE_SHIFT;

  /** Most bytes of a block operation, as {@code aerostat.guest.machine.Memory.BLOCK}. */
  private static final int BLOCK = 65536;

  private static final long WRITABLE_BASE = RAM_BASE + BINDING.memory().romSize();
  private static final MemorySegment RAM = BINDING.memory().segment();
  private static final MemorySegment WRITABLE = RAM.asSlice(BINDING.memory().romSize());
  private static final byte[] CARDS = BINDING.memory().dirtyLog().cards();
  private static final int FIRST_CARD = (int) (BINDING.memory().romSize() >>> PAGE_SHIFT);
  private static final MmioBus BUS = BINDING.bus();
  private static final VcpuServices CPU = BINDING.services();
  private static final long[] FRAME = BINDING.frame();

  private static final ValueLayout.OfShort SHORT_ANY =
      JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT_ANY =
      JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG_ANY =
      JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT = JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
  private static final VarHandle LONG = JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

  /** Polls until the slow path; only the vCPU thread writes it, so no poll needs a fence. */
  public static int budget;

  /** True while frames spill themselves and return. */
  public static boolean unwinding;

  /** Result of the frame that was resumed last, for its caller's frame. */
  public static long returned;

  /** Bytes of kernel stack left for recursion. */
  public static int depth;

  private static int irq;
  private static long scratch;
  private static long floor;

  private Intrinsics() {}

  // ---- safepoints and frames ----

  /** Slow path of a poll; true: leave. */
  public static boolean poll() {
    int next = CPU.poll(budget, irq);
    if (next >= 0) {
      budget = next;
      return false;
    }
    leave();
    return true;
  }

  /** Room for a frame below those spilled so far; the address of its slot 0. */
  public static long allocateFrame(int words) {
    long address = scratch - 8L * words;
    if (address < floor) {
      stackOverflow();
    }
    scratch = address;
    return address;
  }

  public static void putSlot(long address, long bits) {
    store64(address, bits);
  }

  /** Slot of the frame that is being resumed. */
  public static long slot(int index) {
    return FRAME[index];
  }

  public static void stackOverflow() {
    throw new GuestFault("Kernel stack overflow");
  }

  /** A {@code @Bounded} method made more trips than it promised. */
  public static void boundExceeded(int method) {
    throw CPU.boundExceeded(method);
  }

  /** A call through an ops number that the image does not have. */
  public static void badOps(long id) {
    throw new GuestFault("Call through a bad ops number 0x" + Long.toHexString(id));
  }

  private static void leave() {
    budget = 0;
    unwinding = true;
  }

  // ---- loads and stores ----

  public static int load8(long address) {
    try {
      return RAM.get(JAVA_BYTE, address - RAM_BASE) & 0xff;
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("load", address, 1);
    }
  }

  public static int load16(long address) {
    try {
      return RAM.get(SHORT_ANY, address - RAM_BASE) & 0xffff;
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("load", address, 2);
    }
  }

  public static int load32(long address) {
    try {
      return RAM.get(INT_ANY, address - RAM_BASE);
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("load", address, 4);
    }
  }

  public static long load64(long address) {
    try {
      return RAM.get(LONG_ANY, address - RAM_BASE);
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("load", address, 8);
    }
  }

  public static void store8(long address, int value) {
    long offset = address - WRITABLE_BASE;
    try {
      WRITABLE.set(JAVA_BYTE, offset, (byte) value);
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("store", address, 1);
    }
    mark(offset);
  }

  public static void store16(long address, int value) {
    long offset = address - WRITABLE_BASE;
    try {
      WRITABLE.set(SHORT_ANY, offset, (short) value);
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("store", address, 2);
    }
    mark(offset);
    if ((address & 1) != 0) {
      mark(offset + 1);
    }
  }

  public static void store32(long address, int value) {
    long offset = address - WRITABLE_BASE;
    try {
      WRITABLE.set(INT_ANY, offset, value);
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("store", address, 4);
    }
    mark(offset);
    if ((address & 3) != 0) {
      mark(offset + 3);
    }
  }

  public static void store64(long address, long value) {
    long offset = address - WRITABLE_BASE;
    try {
      WRITABLE.set(LONG_ANY, offset, value);
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("store", address, 8);
    }
    mark(offset);
    if ((address & 7) != 0) {
      mark(offset + 7);
    }
  }

  // Of loops that mark behind their last trip, with one of the two methods after these.

  public static void storeUnmarked8(long address, int value) {
    try {
      WRITABLE.set(JAVA_BYTE, address - WRITABLE_BASE, (byte) value);
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("store", address, 1);
    }
  }

  public static void storeUnmarked16(long address, int value) {
    try {
      WRITABLE.set(SHORT_ANY, address - WRITABLE_BASE, (short) value);
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("store", address, 2);
    }
  }

  public static void storeUnmarked32(long address, int value) {
    try {
      WRITABLE.set(INT_ANY, address - WRITABLE_BASE, value);
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("store", address, 4);
    }
  }

  public static void storeUnmarked64(long address, long value) {
    try {
      WRITABLE.set(LONG_ANY, address - WRITABLE_BASE, value);
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("store", address, 8);
    }
  }

  /**
   * Marks what a loop has stored: its first trip at {@code a} and the bytes after it, its last one
   * at {@code b}, the others in between.
   */
  public static void markSpan(long a, long b, int bytes) {
    markPages(Math.min(a, b) - RAM_BASE, Math.max(a, b) - RAM_BASE + bytes - 1);
  }

  /** As {@link #markSpan}, for a loop whose trip at {@code b} faulted, perhaps outside RAM. */
  public static void markFaultedSpan(long a, long b, int bytes) {
    long first = Math.max(Math.min(a, b), WRITABLE_BASE);
    long last = Math.min(Math.max(a, b) + bytes, RAM_BASE + RAM.byteSize()) - 1;
    if (first <= last) {
      markPages(first - RAM_BASE, last - RAM_BASE);
    }
  }

  public static boolean compareAndSwap32(long address, int expected, int value) {
    long offset = address - WRITABLE_BASE;
    boolean swapped;
    try {
      swapped = INT.compareAndSet(WRITABLE, offset, expected, value);
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      throw GuestFault.address("compare and swap", address, 4);
    }
    mark(offset);
    return swapped;
  }

  public static boolean compareAndSwap64(long address, long expected, long value) {
    long offset = address - WRITABLE_BASE;
    boolean swapped;
    try {
      swapped = LONG.compareAndSet(WRITABLE, offset, expected, value);
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      throw GuestFault.address("compare and swap", address, 8);
    }
    mark(offset);
    return swapped;
  }

  public static void mb() {
    VarHandle.fullFence();
  }

  public static void rmb() {
    VarHandle.loadLoadFence();
  }

  public static void wmb() {
    VarHandle.storeStoreFence();
  }

  /**
   * After the data: the page of this offset, whose store succeeded, is dirty. The JIT knows from
   * that store's own check that the card exists, and makes no second one.
   */
  private static void mark(long offset) {
    VarHandle.releaseFence();
    CARDS[(int) (offset >>> PAGE_SHIFT) + FIRST_CARD] = 1;
  }

  /** From the page of one offset in RAM to that of another. */
  private static void markPages(long first, long last) {
    VarHandle.releaseFence();
    int end = (int) (last >>> PAGE_SHIFT);
    for (int page = (int) (first >>> PAGE_SHIFT); page <= end; page++) {
      CARDS[page] = 1;
    }
  }

  // ---- block operations ----

  public static void fillBlock(long address, int length, int value) {
    checkBlock(length);
    try {
      WRITABLE.asSlice(address - WRITABLE_BASE, length).fill((byte) value);
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("fill", address, length);
    }
    markBlock(address, length);
    attend();
  }

  public static void copyBlock(long target, long source, int length) {
    checkBlock(length);
    try {
      MemorySegment.copy(RAM, source - RAM_BASE, WRITABLE, target - WRITABLE_BASE, length);
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address(
          "copy from 0x" + Long.toHexString(source) + ", store", target, length);
    }
    markBlock(target, length);
    attend();
  }

  private static void markBlock(long address, int length) {
    if (length > 0) {
      markPages(address - RAM_BASE, address - RAM_BASE + length - 1);
    }
  }

  public static int mismatchBlock(long a, long b, int length) {
    checkBlock(length);
    long first = a - RAM_BASE;
    long second = b - RAM_BASE;
    try {
      int at =
          (int) MemorySegment.mismatch(RAM, first, first + length, RAM, second, second + length);
      attend();
      return at;
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("compare with 0x" + Long.toHexString(b) + ", load", a, length);
    }
  }

  public static int findOtherBlock(long address, int length, int value) {
    checkBlock(length);
    long offset = address - RAM_BASE;
    long word = (value & 0xffL) * 0x0101_0101_0101_0101L;
    try {
      RAM.asSlice(offset, length); // the whole range is checked, whatever is found first
      int at = 0;
      while (at + 64 <= length && same64(offset + at, word)) {
        at += 64;
      }
      while (at < length && RAM.get(JAVA_BYTE, offset + at) == (byte) value) {
        at++;
      }
      attend();
      return at < length ? at : -1;
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("scan", address, length);
    }
  }

  private static boolean same64(long offset, long word) {
    return ((RAM.get(LONG_ANY, offset) ^ word)
            | (RAM.get(LONG_ANY, offset + 8) ^ word)
            | (RAM.get(LONG_ANY, offset + 16) ^ word)
            | (RAM.get(LONG_ANY, offset + 24) ^ word)
            | (RAM.get(LONG_ANY, offset + 32) ^ word)
            | (RAM.get(LONG_ANY, offset + 40) ^ word)
            | (RAM.get(LONG_ANY, offset + 48) ^ word)
            | (RAM.get(LONG_ANY, offset + 56) ^ word))
        == 0;
  }

  private static void checkBlock(int length) {
    if (length < 0 || length > BLOCK) {
      throw new GuestFault("Block operation of " + length + " bytes, at most " + BLOCK);
    }
  }

  /** Slow work is done, or begins: if somebody waits, the next poll is the slow one. */
  public static void attend() {
    if (CPU.pending()) {
      budget = CPU.expedite(budget, irq);
    }
  }

  // ---- MMIO ----

  public static int readb(long address) {
    return (int) mmioRead(address, 1);
  }

  public static int readw(long address) {
    return (int) mmioRead(address, 2);
  }

  public static int readl(long address) {
    return (int) mmioRead(address, 4);
  }

  public static void writeb(int value, long address) {
    mmioWrite(address, 1, value & 0xffL);
  }

  public static void writew(int value, long address) {
    mmioWrite(address, 2, value & 0xffffL);
  }

  public static void writel(int value, long address) {
    mmioWrite(address, 4, value & 0xffff_ffffL);
  }

  private static long mmioRead(long address, int width) {
    long value = BUS.read(address, width);
    attend();
    return value;
  }

  private static void mmioWrite(long address, int width, long value) {
    BUS.write(address, width, value);
    attend();
  }

  // ---- processor ----

  public static long now() {
    return CPU.now(budget);
  }

  public static long wallClock() {
    return CPU.wallClock(budget);
  }

  public static void setTimer(long deadline) {
    budget = CPU.setTimer(deadline, budget, irq);
  }

  public static int irqSave() {
    int before = irq;
    irq = 0;
    return before;
  }

  public static void irqRestore(int flags) {
    irq = flags & 1;
    if (irq != 0 && CPU.pending()) {
      budget = CPU.expedite(budget, 1);
    }
  }

  public static int irqsEnabled() {
    return irq;
  }

  public static void waitForInterrupt() {
    if (CPU.waitForInterrupt(budget, irq)) {
      leave();
    }
  }

  public static void safepoint() {
    if (--budget < 0) {
      poll();
    }
  }

  public static void prepareContext(long context, long argument) {
    CPU.prepareContext(context, argument);
  }

  public static void switchTo(long from, long to) {
    CPU.switchTo(from, to, budget);
    leave();
  }

  public static void panic(long message) {
    throw CPU.panic(message);
  }

  public static long random() {
    return CPU.random();
  }

  /** For the sanitizing flavour's initialiser. */
  static Sanitizer sanitizer() {
    return BINDING.sanitizer();
  }

  // ---- the vCPU's side ----

  @Override
  public int budget() {
    return budget;
  }

  @Override
  public void budget(int polls) {
    budget = polls;
  }

  @Override
  public boolean unwinding() {
    return unwinding;
  }

  @Override
  public void unwinding(boolean on) {
    unwinding = on;
  }

  @Override
  public int irq() {
    return irq;
  }

  @Override
  public void irq(int enabled) {
    irq = enabled;
  }

  @Override
  public int depth() {
    return depth;
  }

  @Override
  public void depth(int bytes) {
    depth = bytes;
  }

  @Override
  public void returned(long bits) {
    returned = bits;
  }

  @Override
  public long scratch() {
    return scratch;
  }

  @Override
  public void scratch(long top, long lowest) {
    scratch = top;
    floor = lowest;
  }
}
