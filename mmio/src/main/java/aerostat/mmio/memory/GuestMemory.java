package aerostat.mmio.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.slf4j.LoggerFactory;

/**
 * Guest-physical memory: one range of RAM whose first pages are the image (ROM), a back end behind
 * it, and who owns each page.
 *
 * <p>After {@link #close()} an access throws {@link IllegalStateException}.
 */
public final class GuestMemory extends MemoryAccess implements AutoCloseable {
  /** The largest RAM in bytes, 1 TiB. */
  public static final long MAX_SIZE = 1L << 40;

  private final RamBackend backend;
  private final Arena arena = Arena.ofShared();
  private final PageOwners owners;

  /** RAM over a back end, which it owns from here on. */
  public GuestMemory(RamBackend backend) {
    super(backend.segment());
    this.backend = backend;
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
   * As {@link #privateFile(Path, long, long)}, with parts of other files mapped over it, each as a
   * mapping of its own: the host allows a process some 65,000.
   *
   * @param layers at most 4,096; a later one lies over an earlier one
   * @throws IllegalArgumentException if a layer lies outside of memory or of its file
   */
  public static GuestMemory privateFiles(
      Path file, long fileOffset, long size, List<FileLayer> layers) {
    return new GuestMemory(new PrivateFileRam(file, fileOffset, checkedSize(size), layers));
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

  /** Pages of RAM, the image included. */
  public long pages() {
    return size >>> PAGE_SHIFT;
  }

  /** RAM_BASE + size(). */
  public long end() {
    return RAM_BASE + size;
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

  /** Bytes of the host's pages, of which mappings of files are made. */
  public static int hostPages() {
    return HostMapping.pageSize();
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

  /**
   * As {@link RamBackend#prepareWrite}, for pages [from, to) that are about to be written as a
   * whole.
   *
   * @throws IndexOutOfBoundsException if the range is not wholly in RAM
   */
  public void prepareWrite(long from, long to) {
    Objects.checkFromToIndex(from, to, pages());
    if (backend.hostPageSize() == PAGE_SIZE) {
      backend.prepareWrite(from << PAGE_SHIFT, (to - from) << PAGE_SHIFT);
    }
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

  private static long checkedSize(long size) {
    if (size < PAGE_SIZE || size > MAX_SIZE || size % PAGE_SIZE != 0) {
      throw new IllegalArgumentException(
          "memory of " + size + " bytes: need a multiple of 4096 up to " + MAX_SIZE);
    }
    return size;
  }
}
