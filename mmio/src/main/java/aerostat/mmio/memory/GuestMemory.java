package aerostat.mmio.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Guest-physical memory: one range of RAM whose first pages are the image (ROM).
 *
 * <p>Addresses are guest-physical and come from a hostile guest: every access checks its whole
 * range <em>before</em> it touches memory, safe against overflow, and throws {@link
 * GuestAddressException}. Numbers are little-endian. Every store marks the {@link DirtyLog}
 * <em>after</em> the data. Plain accesses need no alignment; the acquire and release forms do.
 *
 * <p>Any thread may call anything at any time; accesses race as they do on real memory. After
 * {@link #close()} an access throws {@link IllegalStateException}.
 */
public final class GuestMemory implements AutoCloseable {
  /**
   * Guest-physical address of the first RAM byte. Page 0 and everything below is never RAM, so null
   * faults.
   */
  public static final long RAM_BASE = 0x4000_0000L;

  public static final int PAGE_SHIFT = 12;
  public static final int PAGE_SIZE = 1 << PAGE_SHIFT;

  /** The largest RAM in bytes, 1 TiB. */
  public static final long MAX_SIZE = 1L << 40;

  private static final VarHandle BYTE = JAVA_BYTE.varHandle();
  private static final VarHandle SHORT_ANY = little(ValueLayout.JAVA_SHORT_UNALIGNED).varHandle();
  private static final VarHandle INT_ANY = little(ValueLayout.JAVA_INT_UNALIGNED).varHandle();
  private static final VarHandle LONG_ANY = little(ValueLayout.JAVA_LONG_UNALIGNED).varHandle();
  private static final VarHandle SHORT = little(ValueLayout.JAVA_SHORT).varHandle();
  private static final VarHandle INT = little(ValueLayout.JAVA_INT).varHandle();
  private static final VarHandle LONG = little(ValueLayout.JAVA_LONG).varHandle();

  private final RamBackend backend;
  private final MemorySegment ram;
  private final long size;
  private final Arena arena = Arena.ofShared();
  private final DirtyLog dirtyLog;
  private final PageOwners owners;
  private volatile long romSize;

  /** Plain: it is set before anything of the machine runs, and one that is left over lets pass. */
  private @Nullable PageGate gate;

  /** RAM over a back end, which it owns from here on. */
  public GuestMemory(RamBackend backend) {
    this.backend = backend;
    this.ram = backend.segment();
    this.size = ram.byteSize();
    this.dirtyLog = DirtyLog.allocate(size >>> PAGE_SHIFT);
    this.owners = new PageOwners(size >>> PAGE_SHIFT, arena);
  }

  /**
   * Memory of this process alone.
   *
   * @param size bytes, a positive multiple of 4 KiB (and of the host's page), at most {@link
   *     #MAX_SIZE}
   * @throws HostMemoryException if the host has no room for it
   */
  public static GuestMemory anonymous(long size) {
    return new GuestMemory(new AnonymousRam(checkedSize(size)));
  }

  /**
   * Memory in a file that other processes can map: created or emptied, and held for this process.
   *
   * @throws IllegalArgumentException if the file has content of another size
   * @throws HostMemoryException if the host refuses, or another VMM holds the file
   */
  public static GuestMemory sharedFile(Path file, long size) {
    return new GuestMemory(SharedFileRam.open(file, checkedSize(size)));
  }

  /** Shared memory without a path (memfd), named for the process's maps. */
  public static GuestMemory sharedMemory(String name, long size) {
    return new GuestMemory(SharedFileRam.memoryFile(name, checkedSize(size)));
  }

  /**
   * Memory that begins as a file's bytes and never changes the file. The file must not shrink while
   * it is mapped.
   *
   * @param fileOffset of the first RAM byte, a multiple of the host's page
   * @throws IllegalArgumentException if the file is too short
   */
  public static GuestMemory privateFile(Path file, long fileOffset, long size) {
    return new GuestMemory(new PrivateFileRam(file, fileOffset, checkedSize(size)));
  }

  /**
   * Links the host's memory calls on a thread of its own, and returns at once. It takes 30 to 50 ms
   * of CPU, once a process: the first line of a program that is about to boot a guest.
   */
  public static void prepare() {
    Thread.ofPlatform()
        .daemon()
        .name("aerostat-prepare-memory")
        .start(
            () -> {
              try (GuestMemory memory = anonymous(HostMapping.pageSize())) {
                memory.store64(RAM_BASE, 1);
                memory.discard(RAM_BASE, memory.size());
              } catch (RuntimeException e) {
                // The caller's own memory will fail with the same reason, where it can be told.
                LoggerFactory.getLogger(GuestMemory.class).debug("memory calls not prepared", e);
              }
            });
  }

  /** Bytes of RAM, the image included. */
  public long size() {
    return size;
  }

  /** Pages of RAM, the image included. */
  public long pages() {
    return size >>> PAGE_SHIFT;
  }

  /** RAM_BASE + size(). */
  public long end() {
    return RAM_BASE + size;
  }

  /**
   * Bytes at the start of RAM that hold the image and refuse stores, hints, reports and discards.
   */
  public long romSize() {
    return romSize;
  }

  /** What lies where, in rising order: the image, if there is one, then RAM. */
  public List<Region> regions() {
    long rom = romSize;
    Region writable = new Region(Region.Kind.RAM, RAM_BASE + rom, size - rom);
    return rom == 0
        ? List.of(writable)
        : List.of(new Region(Region.Kind.ROM, RAM_BASE, rom), writable);
  }

  RamBackend backend() {
    return backend;
  }

  /** The kind of back end. */
  public String backendKind() {
    return backend.kind();
  }

  /**
   * Puts the image at RAM_BASE and makes [RAM_BASE, RAM_BASE + roundUp(image)) read-only for
   * everybody else. Once a machine.
   *
   * @throws IllegalArgumentException if the image leaves no page of RAM
   */
  public void installRom(byte[] image) {
    if (image.length >= size) {
      throw new IllegalArgumentException(
          "an image of " + image.length + " bytes in memory of " + size);
    }
    protectRom((image.length + PAGE_SIZE - 1L) & -PAGE_SIZE);
    MemorySegment.copy(image, 0, ram, JAVA_BYTE, 0, image.length);
    if (image.length > 0) {
      dirtyLog.markOffsets(0, image.length);
    }
  }

  /**
   * Makes the first bytes of RAM read-only where the image comes (or came) by {@link #segment()},
   * as on a migration's destination. Once a machine.
   *
   * @param bytes a multiple of the page size, less than size()
   */
  public void protectRom(long bytes) {
    if (bytes < 0 || bytes % PAGE_SIZE != 0 || bytes >= size) {
      throw new IllegalArgumentException("an image of " + bytes + " bytes in memory of " + size);
    }
    if (romSize != 0) {
      throw new IllegalStateException("the image is installed");
    }
    romSize = bytes;
  }

  /**
   * The whole mapping, offset 0 = RAM_BASE. Raw: no dirty marks, no ROM check. For the vCPU and
   * migration.
   */
  public MemorySegment segment() {
    return ram;
  }

  public DirtyLog dirtyLog() {
    return dirtyLog;
  }

  public PageOwners owners() {
    return owners;
  }

  /**
   * As {@link DirtyLog#harvest}; and hinted and reported pages that were written are the guest's
   * again. With the machine lock held, or while nothing runs.
   */
  public long harvest(PageBitmap into) {
    return dirtyLog.harvest(into, owners);
  }

  /**
   * Makes {@link #owners} exact: hinted and reported pages that were written since the last harvest
   * are the guest's. With the machine lock held, or while nothing runs. The log stays as it is.
   */
  public void settleOwners() {
    dirtyLog.peek(owners);
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
    long unused = readable(gpa, length);
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

  /**
   * Gives the host memory of the whole pages in the range back; they read zero afterwards. Marks
   * them dirty. Bytes of pages that lie partly in the range stay as they are.
   *
   * @throws GuestAddressException if the range is not wholly in writable RAM
   */
  public void discard(long gpa, long length) {
    long offset = writable(gpa, length);
    long from = (offset + PAGE_SIZE - 1) & -PAGE_SIZE;
    long to = (offset + length) & -PAGE_SIZE;
    if (from >= to) {
      return;
    }
    // A host with larger pages can only take whole ones of its own; the rest is zeroed.
    long hostPage = backend.hostPageSize();
    long hostFrom = (from + hostPage - 1) & -hostPage;
    long hostTo = to & -hostPage;
    if (hostFrom < hostTo) {
      ram.asSlice(from, hostFrom - from).fill((byte) 0);
      backend.discard(hostFrom, hostTo - hostFrom);
      ram.asSlice(hostTo, to - hostTo).fill((byte) 0);
    } else {
      ram.asSlice(from, to - from).fill((byte) 0);
    }
    dirtyLog.markDiscarded(from, to - from);
  }

  /**
   * Fills a range with a byte as a host may that the guest gave its pages to: as {@link #fill}, but
   * the pages stay whose they are.
   *
   * @throws GuestAddressException if the range is not wholly in writable RAM
   */
  public void scribble(long gpa, long length, byte value) {
    long offset = writable(gpa, length);
    if (length > 0) {
      ram.asSlice(offset, length).fill(value);
      dirtyLog.markTaken(offset, length);
    }
  }

  /** Bytes of a host page behind RAM: what {@link #discard} gives back are whole ones. */
  public int hostPageSize() {
    return backend.hostPageSize();
  }

  /** As {@link RamBackend#findAbsent}: pages that read zero without being looked at. */
  public PageBitmap absentPages() {
    PageBitmap absent = new PageBitmap(pages());
    backend.findAbsent(absent);
    return absent;
  }

  /**
   * As {@link RamBackend#prepareRead}, for pages [from, to) that are about to be read.
   *
   * @throws IndexOutOfBoundsException if the range is not wholly in RAM
   */
  public void prepareRead(long from, long to) {
    Objects.checkFromToIndex(from, to, pages());
    long hostPage = backend.hostPageSize();
    long begin = (from << PAGE_SHIFT) & -hostPage;
    backend.prepareRead(
        begin, Math.min(size, ((to << PAGE_SHIFT) + hostPage - 1) & -hostPage) - begin);
  }

  /** Bytes of RAM resident in host memory now: a walk of the page tables, milliseconds a GiB. */
  public long residentBytes() {
    return backend.residentBytes();
  }

  /**
   * Unmaps. Waits until no thread is inside an access; each later one throws. A second call does
   * nothing.
   *
   * @throws IllegalStateException if a system call still uses the memory; nothing changed then
   */
  @Override
  public void close() {
    backend.close();
    if (arena.scope().isAlive()) {
      arena.close();
    }
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

  private long writable(long gpa, long length) {
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

  private static long checkedSize(long size) {
    if (size < PAGE_SIZE || size > MAX_SIZE || size % PAGE_SIZE != 0) {
      throw new IllegalArgumentException(
          "memory of " + size + " bytes: need a multiple of 4096 up to " + MAX_SIZE);
    }
    return size;
  }

  private static ValueLayout little(ValueLayout layout) {
    return layout.withOrder(ByteOrder.LITTLE_ENDIAN);
  }
}
