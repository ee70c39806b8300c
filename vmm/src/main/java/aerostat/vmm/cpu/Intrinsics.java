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
public final class Intrinsics {
  private static final VcpuBinding BINDING = VcpuBinding.take(new IntrinsicsPort());

  private static final long RAM_BASE = GuestMemory.RAM_BASE;
  private static final int PAGE_SHIFT = GuestMemory.PAGE_SHIFT;

  static final long WRITABLE_BASE = RAM_BASE + BINDING.memory().romSize();
  static final MemorySegment RAM = BINDING.memory().unguarded();
  static final MemorySegment WRITABLE = RAM.asSlice(BINDING.memory().romSize());
  private static final byte[] CARDS = BINDING.memory().dirtyLog().cards();
  private static final int FIRST_CARD = (int) (BINDING.memory().romSize() >>> PAGE_SHIFT);
  private static final MmioBus BUS = BINDING.bus();
  private static final VcpuServices CPU = BINDING.services();
  private static final long[] FRAME = BINDING.frame();

  static final ValueLayout.OfShort SHORT_ANY =
      JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfInt INT_ANY = JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG_ANY = JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle ANY_8 = JAVA_BYTE.varHandle();
  private static final VarHandle ANY_16 = SHORT_ANY.varHandle();
  private static final VarHandle ANY_32 = INT_ANY.varHandle();
  private static final VarHandle ANY_64 = LONG_ANY.varHandle();
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

  static int irq;
  static long scratch;
  static long floor;

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
      return (byte) ANY_8.get(RAM, address - RAM_BASE) & 0xff;
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("load", address, 1);
    }
  }

  public static int load16(long address) {
    try {
      return (short) ANY_16.get(RAM, address - RAM_BASE) & 0xffff;
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("load", address, 2);
    }
  }

  public static int load32(long address) {
    try {
      return (int) ANY_32.get(RAM, address - RAM_BASE);
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("load", address, 4);
    }
  }

  public static long load64(long address) {
    try {
      return (long) ANY_64.get(RAM, address - RAM_BASE);
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("load", address, 8);
    }
  }

  public static void store8(long address, int value) {
    long offset = address - WRITABLE_BASE;
    try {
      ANY_8.set(WRITABLE, offset, (byte) value);
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("store", address, 1);
    }
    mark(offset);
  }

  public static void store16(long address, int value) {
    long offset = address - WRITABLE_BASE;
    try {
      ANY_16.set(WRITABLE, offset, (short) value);
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
      ANY_32.set(WRITABLE, offset, value);
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
      ANY_64.set(WRITABLE, offset, value);
    } catch (IndexOutOfBoundsException e) {
      throw GuestFault.address("store", address, 8);
    }
    mark(offset);
    if ((address & 7) != 0) {
      mark(offset + 7);
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
  static void markPages(long first, long last) {
    VarHandle.releaseFence();
    int end = (int) (last >>> PAGE_SHIFT);
    for (int page = (int) (first >>> PAGE_SHIFT); page <= end; page++) {
      CARDS[page] = 1;
    }
  }

  // ---- block operations ----

  public static void fillBlock(long address, int length, int value) {
    BlockIntrinsics.fill(address, length, value);
    attend();
  }

  public static void copyBlock(long target, long source, int length) {
    BlockIntrinsics.copy(target, source, length);
    attend();
  }

  public static int mismatchBlock(long a, long b, int length) {
    int at = BlockIntrinsics.mismatch(a, b, length);
    attend();
    return at;
  }

  public static int findOtherBlock(long address, int length, int value) {
    int at = BlockIntrinsics.findOther(address, length, value);
    attend();
    return at;
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
}
