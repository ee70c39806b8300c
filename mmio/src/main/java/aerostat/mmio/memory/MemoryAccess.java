package aerostat.mmio.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Accesses to RAM by guest-physical address.
 *
 * <p>Addresses come from a hostile guest: every access checks its whole range <em>before</em> it
 * touches memory, safe against overflow, and throws {@link GuestAddressException}. Numbers are
 * little-endian. Every store marks the {@link DirtyLog} <em>after</em> the data. Plain accesses
 * need no alignment; the acquire and release forms do.
 *
 * <p>Any thread may call anything at any time; accesses race as they do on real memory.
 */
public abstract sealed class MemoryAccess permits GuestMemory {
  /**
   * Guest-physical address of the first RAM byte. Page 0 and everything below is never RAM, so null
   * faults.
   */
  public static final long RAM_BASE = 0x4000_0000L;

  public static final int PAGE_SHIFT = 12;
  public static final int PAGE_SIZE = 1 << PAGE_SHIFT;

  private static final VarHandle BYTE = JAVA_BYTE.varHandle();
  private static final VarHandle SHORT_ANY = little(ValueLayout.JAVA_SHORT_UNALIGNED).varHandle();
  private static final VarHandle INT_ANY = little(ValueLayout.JAVA_INT_UNALIGNED).varHandle();
  private static final VarHandle LONG_ANY = little(ValueLayout.JAVA_LONG_UNALIGNED).varHandle();
  private static final VarHandle SHORT = little(ValueLayout.JAVA_SHORT).varHandle();
  private static final VarHandle INT = little(ValueLayout.JAVA_INT).varHandle();
  private static final VarHandle LONG = little(ValueLayout.JAVA_LONG).varHandle();

  final MemorySegment ram;
  final long size;
  final DirtyLog dirtyLog;
  volatile long romSize;

  /** Plain: it is set before anything of the machine runs, and one that is left over lets pass. */
  private @Nullable PageGate gate;

  MemoryAccess(MemorySegment ram) {
    this.ram = ram;
    this.size = ram.byteSize();
    this.dirtyLog = DirtyLog.allocate(size >>> PAGE_SHIFT);
  }

  /** Bytes of RAM, the image included. */
  public long size() {
    return size;
  }

  /**
   * Bytes at the start of RAM that hold the image and refuse stores, hints, reports and discards.
   */
  public long romSize() {
    return romSize;
  }

  /** The whole mapping, offset 0 = RAM_BASE. Raw: no dirty marks, no ROM check. For migration. */
  public MemorySegment segment() {
    return ram;
  }

  /**
   * As {@link #segment()}, without its guard: an access after {@link GuestMemory#close} ends the
   * process. For the vCPU, which is closed before: a guard is a load, a compare and a way out in
   * each access of guest code, a third of the code that the JIT makes of it.
   */
  public MemorySegment unguarded() {
    return MemorySegment.ofAddress(ram.address()).reinterpret(size);
  }

  public DirtyLog dirtyLog() {
    return dirtyLog;
  }

  /**
   * From here on every access but {@link #segment}'s waits at the gate for its pages; null: none
   * does. To be set while nothing of the machine runs, taken away at any time.
   */
  public void gate(@Nullable PageGate newGate) {
    gate = newGate;
  }

  /** What accesses wait at, or null. */
  public @Nullable PageGate gate() {
    return gate;
  }

  /** Waits until a range is there, for those who go on with {@link #segment}. */
  public void arrive(long gpa, long length) {
    var unused = readable(gpa, length);
  }

  /** Whether [gpa, gpa+length) lies wholly in RAM (ROM part included). Overflow-safe, unsigned. */
  public boolean contains(long gpa, long length) {
    return inRam(gpa - RAM_BASE, length);
  }

  /** Whether [gpa, gpa+length) lies wholly in writable RAM. */
  public boolean isWritable(long gpa, long length) {
    return inRam(gpa - RAM_BASE, length) && gpa - RAM_BASE >= romSize;
  }

  /** One byte, 0 to 255. */
  public int load8(long gpa) {
    return (byte) BYTE.get(ram, readable(gpa, 1)) & 0xff;
  }

  /** Two bytes, 0 to 65535. */
  public int load16(long gpa) {
    return (short) SHORT_ANY.get(ram, readable(gpa, 2)) & 0xffff;
  }

  public int load32(long gpa) {
    return (int) INT_ANY.get(ram, readable(gpa, 4));
  }

  public long load64(long gpa) {
    return (long) LONG_ANY.get(ram, readable(gpa, 8));
  }

  /** As {@link #load16}; nothing later is read before it. The address must be even. */
  public int loadAcquire16(long gpa) {
    return (short) SHORT.getAcquire(ram, aligned(gpa, readable(gpa, 2), 2)) & 0xffff;
  }

  /** As {@link #load32}; nothing later is read before it. A multiple of 4. */
  public int loadAcquire32(long gpa) {
    return (int) INT.getAcquire(ram, aligned(gpa, readable(gpa, 4), 4));
  }

  /** As {@link #load64}; nothing later is read before it. A multiple of 8. */
  public long loadAcquire64(long gpa) {
    return (long) LONG.getAcquire(ram, aligned(gpa, readable(gpa, 8), 8));
  }

  /** Stores the low byte. */
  public void store8(long gpa, int value) {
    long offset = writable(gpa, 1);
    BYTE.set(ram, offset, (byte) value);
    dirtyLog.markOffsets(offset, 1);
  }

  /** Stores the low two bytes. */
  public void store16(long gpa, int value) {
    long offset = writable(gpa, 2);
    SHORT_ANY.set(ram, offset, (short) value);
    dirtyLog.markOffsets(offset, 2);
  }

  public void store32(long gpa, int value) {
    long offset = writable(gpa, 4);
    INT_ANY.set(ram, offset, value);
    dirtyLog.markOffsets(offset, 4);
  }

  public void store64(long gpa, long value) {
    long offset = writable(gpa, 8);
    LONG_ANY.set(ram, offset, value);
    dirtyLog.markOffsets(offset, 8);
  }

  /** As {@link #store16}, after everything stored before. The address must be even. */
  public void storeRelease16(long gpa, int value) {
    long offset = aligned(gpa, writable(gpa, 2), 2);
    SHORT.setRelease(ram, offset, (short) value);
    dirtyLog.markOffsets(offset, 2);
  }

  /** As {@link #store32}, after everything stored before. A multiple of 4. */
  public void storeRelease32(long gpa, int value) {
    long offset = aligned(gpa, writable(gpa, 4), 4);
    INT.setRelease(ram, offset, value);
    dirtyLog.markOffsets(offset, 4);
  }

  /** As {@link #store64}, after everything stored before. A multiple of 8. */
  public void storeRelease64(long gpa, long value) {
    long offset = aligned(gpa, writable(gpa, 8), 8);
    LONG.setRelease(ram, offset, value);
    dirtyLog.markOffsets(offset, 8);
  }

  /** As {@link #store16}, where the caller has a {@link LateMark} for it. */
  public void storeUnmarked16(long gpa, int value) {
    SHORT_ANY.set(ram, writable(gpa, 2), (short) value);
  }

  /** As {@link #store32}, where the caller has a {@link LateMark} for it. */
  public void storeUnmarked32(long gpa, int value) {
    INT_ANY.set(ram, writable(gpa, 4), value);
  }

  /** As {@link #storeRelease16}, where the caller has a {@link LateMark} for it. */
  public void storeUnmarkedRelease16(long gpa, int value) {
    SHORT.setRelease(ram, aligned(gpa, writable(gpa, 2), 2), (short) value);
  }

  /** Copies guest memory out. */
  public void read(long gpa, MemorySegment target, long targetOffset, long length) {
    MemorySegment.copy(ram, readable(gpa, length), target, targetOffset, length);
  }

  /** Copies into guest memory. */
  public void write(long gpa, MemorySegment source, long sourceOffset, long length) {
    long offset = writable(gpa, length);
    MemorySegment.copy(source, sourceOffset, ram, offset, length);
    mark(offset, length);
  }

  /** Copies within guest memory, right also where the ranges overlap. */
  public void copy(long fromGpa, long toGpa, long length) {
    long from = readable(fromGpa, length);
    long to = writable(toGpa, length);
    MemorySegment.copy(ram, from, ram, to, length);
    mark(to, length);
  }

  public void fill(long gpa, long length, byte value) {
    long offset = writable(gpa, length);
    ram.asSlice(offset, length).fill(value);
    mark(offset, length);
  }

  /**
   * Compares guest memory with other bytes.
   *
   * @return index of the first difference, or −1
   */
  public long mismatch(long gpa, MemorySegment other, long otherOffset, long length) {
    long offset = readable(gpa, length);
    return MemorySegment.mismatch(
        ram, offset, offset + length, other, otherOffset, otherOffset + length);
  }

  public boolean isZero(long gpa, long length) {
    return ZeroTest.isZero(ram, readable(gpa, length), length);
  }

  private void mark(long offset, long length) {
    if (length > 0) {
      dirtyLog.markOffsets(offset, length);
    }
  }

  private boolean inRam(long offset, long length) {
    // gpa - RAM_BASE wraps around, but only an address in RAM lands in [0, size].
    return length >= 0 && length <= size && offset >= 0 && offset <= size - length;
  }

  private long readable(long gpa, long length) {
    long offset = gpa - RAM_BASE;
    if (!inRam(offset, length)) {
      throw GuestAddressException.outsideRam(gpa, length);
    }
    PageGate waiting = gate;
    if (waiting != null && length > 0) {
      waiting.await(offset >>> PAGE_SHIFT, (offset + length - 1) >>> PAGE_SHIFT);
    }
    return offset;
  }

  final long writable(long gpa, long length) {
    long offset = readable(gpa, length);
    if (offset < romSize) {
      throw GuestAddressException.readOnly(gpa, length);
    }
    return offset;
  }

  private static long aligned(long gpa, long offset, int width) {
    if ((offset & width - 1) != 0) {
      throw GuestAddressException.misaligned(gpa, width);
    }
    return offset;
  }

  private static ValueLayout little(ValueLayout layout) {
    return layout.withOrder(ByteOrder.LITTLE_ENDIAN);
  }
}
