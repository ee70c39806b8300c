package aerostat.mmio.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.IntSupplier;

/**
 * One mapping of the host's, aligned to 2 MiB, with inaccessible pages before and behind it. Those
 * keep the kernel from merging it with a neighbour (its own line in smaps stays its own) and turn a
 * run over the edge into a fault.
 *
 * <p>The segment lives in a shared arena: closing it waits until no thread is inside an access and
 * makes each later one throw, so memory is never unmapped under a reader.
 */
final class HostMapping {
  private static final long ALIGNMENT = 2L << 20;

  private static final class HostPage {
    static final int SIZE = Libc.pageSize();
  }

  private final Arena arena = Arena.ofShared();
  private final ReentrantReadWriteLock mapped = new ReentrantReadWriteLock();
  private final MemorySegment segment;
  private final long size;
  private final int fd;

  /** Descriptors beside it that end with the mapping. */
  private final List<Integer> kept;

  private HostMapping(long base, long size, long reservation, long reserved, int fd) {
    this.size = size;
    this.fd = fd;
    List<Integer> others = new CopyOnWriteArrayList<>();
    this.kept = others;
    this.segment =
        MemorySegment.ofAddress(base)
            .reinterpret(
                size,
                arena,
                gone -> {
                  release(reservation, reserved, fd);
                  others.forEach(Libc::close);
                });
  }

  /** Closes this descriptor, too, at the end. */
  void keep(int other) {
    kept.add(other);
  }

  /**
   * @param size bytes, a multiple of the host's page size
   * @param flags MAP_SHARED or MAP_PRIVATE, and MAP_ANONYMOUS where {@code fd} is −1
   * @param fd file to map, owned by the mapping from here on, also if this call fails
   * @param offset of the first byte in the file
   */
  static HostMapping create(long size, int flags, int fd, long offset) {
    if (size <= 0 || size % pageSize() != 0) {
      release(0, 0, fd);
      throw new IllegalArgumentException(
          "memory size " + size + " is not a multiple of the host's page size " + pageSize());
    }
    long reserved = size + ALIGNMENT + 2L * pageSize();
    long reservation =
        Libc.mmap(
            0,
            reserved,
            Libc.PROT_NONE,
            Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE,
            -1,
            0);
    if (failed(reservation)) {
      release(0, 0, fd);
      throw new HostMemoryException("cannot reserve " + size + " bytes", (int) -reservation);
    }
    long base = (reservation + pageSize() + ALIGNMENT - 1) & -ALIGNMENT;
    long placed =
        Libc.mmap(
            base,
            size,
            Libc.PROT_READ_WRITE,
            flags | Libc.MAP_FIXED | Libc.MAP_NORESERVE,
            fd,
            offset);
    if (failed(placed)) {
      release(reservation, reserved, fd);
      throw new HostMemoryException("cannot map " + size + " bytes", (int) -placed);
    }
    // The package's documentation says why. A kernel without huge pages refuses: as good.
    Libc.madvise(base, size, Libc.MADV_NOHUGEPAGE);
    return new HostMapping(base, size, reservation, reserved, fd);
  }

  static int pageSize() {
    return HostPage.SIZE;
  }

  MemorySegment segment() {
    return segment;
  }

  long size() {
    return size;
  }

  /** Replaces a range by anonymous memory that reads zero; 0 or a negated errno. */
  int replaceByAnonymous(long offset, long length) {
    int flags = Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE | Libc.MAP_FIXED;
    return replace(offset, length, flags, -1, 0);
  }

  /** Replaces a range by a private mapping of a file; 0 or a negated errno. */
  int replaceByFile(long offset, long length, int file, long fileOffset) {
    int flags = Libc.MAP_PRIVATE | Libc.MAP_NORESERVE | Libc.MAP_FIXED;
    return replace(offset, length, flags, file, fileOffset);
  }

  private int replace(long offset, long length, int flags, int file, long fileOffset) {
    long address = segment.address() + offset;
    return whileMapped(
        () -> {
          long mapped = Libc.mmap(address, length, Libc.PROT_READ_WRITE, flags, file, fileOffset);
          if (failed(mapped)) {
            return (int) mapped;
          }
          Libc.madvise(address, length, Libc.MADV_NOHUGEPAGE);
          return 0;
        });
  }

  /** Drops a range's pages from this mapping; 0 or a negated errno. */
  int dontNeed(long offset, long length) {
    return whileMapped(() -> Libc.madvise(segment.address() + offset, length, Libc.MADV_DONTNEED));
  }

  /** Punches a hole into the mapped file, which begins with this mapping; 0 or a negated errno. */
  int punchHole(long offset, long length) {
    return whileMapped(() -> Libc.fallocate(fd, Libc.FALLOC_PUNCH_HOLE_KEEP_SIZE, offset, length));
  }

  /** As {@link RamBackend#findAbsent}; for anonymous memory only. */
  void findAbsent(PageBitmap into) {
    if (pageSize() == GuestMemory.PAGE_SIZE) {
      whileMapped(() -> Pagemap.absent(segment.address(), into) ? 0 : -1);
    }
  }

  /** Maps a range for reading at once. Linux before 5.14 refuses: as good, only slower. */
  void populateRead(long offset, long length) {
    whileMapped(() -> Libc.madvise(segment.address() + offset, length, Libc.MADV_POPULATE_READ));
  }

  /** Provides a range's pages at once, as writes would. Linux before 5.14 refuses: as good. */
  void populateWrite(long offset, long length) {
    whileMapped(() -> Libc.madvise(segment.address() + offset, length, Libc.MADV_POPULATE_WRITE));
  }

  long residentBytes() {
    return ProcessMaps.residentBytes(segment.address(), size);
  }

  /** Unmaps; a second call does nothing. */
  void close() {
    mapped.writeLock().lock();
    try {
      if (arena.scope().isAlive()) {
        arena.close();
      }
    } finally {
      mapped.writeLock().unlock();
    }
  }

  /**
   * Runs a call on bare addresses. The segment guards accesses only: without the lock such a call
   * could meet memory that the JVM mapped at this address after a close.
   */
  private int whileMapped(IntSupplier call) {
    mapped.readLock().lock();
    try {
      if (!arena.scope().isAlive()) {
        throw new IllegalStateException("the memory is closed");
      }
      return call.getAsInt();
    } finally {
      mapped.readLock().unlock();
    }
  }

  private static boolean failed(long result) {
    return result < 0 && result > -4096;
  }

  private static void release(long reservation, long reserved, int fd) {
    if (reserved != 0) {
      Libc.munmap(reservation, reserved);
    }
    if (fd >= 0) {
      Libc.close(fd);
    }
  }
}
