package aerostat.mmio.memory;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The C library's memory calls, by the foreign-function API (Linux only; its constants are
 * Linux's).
 *
 * <p>Start-up time counts, and linking a downcall costs milliseconds for each <em>shape</em> of
 * signature. So one shape serves every call: six 64-bit arguments, 64-bit result. That is sound on
 * the two ABIs there are (System V x86-64, AAPCS64): the first six integer arguments each travel in
 * a register of their own, a callee reads the low half of one that it declares {@code int} and
 * ignores those that it does not declare.
 *
 * <p>Calls return 0 or a positive result, or the negated {@code errno}.
 */
final class Libc {
  static final int PROT_NONE = 0;
  static final int PROT_READ_WRITE = 1 | 2;

  static final int MAP_SHARED = 0x01;
  static final int MAP_PRIVATE = 0x02;
  static final int MAP_FIXED = 0x10;
  static final int MAP_ANONYMOUS = 0x20;
  static final int MAP_NORESERVE = 0x4000;

  static final int MADV_DONTNEED = 4;
  static final int MADV_NOHUGEPAGE = 15;
  static final int MADV_POPULATE_READ = 22;
  static final int MADV_POPULATE_WRITE = 23;

  static final int FALLOC_PUNCH_HOLE_KEEP_SIZE = 0x02 | 0x01;

  static final int O_RDONLY = 0;
  static final int O_RDWR = 2;
  static final int O_CREAT = 0x40;
  static final int O_CLOEXEC = 0x80000;

  static final int ENOSYS = 38;

  private static final int LOCK_SHARED_NOW = 1 | 4;
  private static final int LOCK_EXCLUSIVE_NOW = 2 | 4;
  private static final int MFD_CLOEXEC = 1;
  private static final int EINTR = 4;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final long ERRNO_OFFSET =
      Linker.Option.captureStateLayout().byteOffset(PathElement.groupElement("errno"));
  private static final MethodHandle CALL =
      LINKER.downcallHandle(
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
          Linker.Option.captureCallState("errno"));
  private static final ThreadLocal<MemorySegment> CAPTURED =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(Linker.Option.captureStateLayout()));

  // Each looked up at its first use: a boot on anonymous memory needs two of them.
  private static final class Mmap {
    static final MemorySegment F = symbol("mmap");
  }

  private static final class Munmap {
    static final MemorySegment F = symbol("munmap");
  }

  private static final class Madvise {
    static final MemorySegment F = symbol("madvise");
  }

  private static final class Fallocate {
    static final MemorySegment F = symbol("fallocate");
  }

  private static final class Open {
    static final MemorySegment F = symbol("open");
  }

  private Libc() {}

  /** The address mapped, or a negated errno. */
  static long mmap(long address, long length, int protection, int flags, int fd, long offset) {
    return call(Mmap.F, address, length, protection, flags, fd, offset);
  }

  static int munmap(long address, long length) {
    return (int) call(Munmap.F, address, length, 0, 0, 0, 0);
  }

  static int madvise(long address, long length, int advice) {
    return (int) call(Madvise.F, address, length, advice, 0, 0, 0);
  }

  static int fallocate(int fd, int mode, long offset, long length) {
    return (int) call(Fallocate.F, fd, mode, offset, length, 0, 0);
  }

  /** A file descriptor, or a negated errno. */
  static int open(String path, int flags, int mode) {
    try (Arena arena = Arena.ofConfined()) {
      return (int) call(Open.F, arena.allocateFrom(path).address(), flags, mode, 0, 0, 0);
    }
  }

  /** A file descriptor of nameless shared memory, or a negated errno. */
  static int memfdCreate(String name) {
    try (Arena arena = Arena.ofConfined()) {
      long address = arena.allocateFrom(name).address();
      return (int) call(symbol("memfd_create"), address, MFD_CLOEXEC, 0, 0, 0, 0);
    }
  }

  static int ftruncate(int fd, long length) {
    return (int) call(symbol("ftruncate"), fd, length, 0, 0, 0, 0);
  }

  /** Takes the file for this process alone, or fails at once. */
  static int lockExclusive(int fd) {
    return (int) call(symbol("flock"), fd, LOCK_EXCLUSIVE_NOW, 0, 0, 0, 0);
  }

  /** Shares the file with others that do, until the descriptor is closed; or fails at once. */
  static int lockShared(int fd) {
    return (int) call(symbol("flock"), fd, LOCK_SHARED_NOW, 0, 0, 0, 0);
  }

  static int close(int fd) {
    return (int) call(symbol("close"), fd, 0, 0, 0, 0, 0);
  }

  /** Bytes of a host page. */
  static int pageSize() {
    return (int) call(symbol("getpagesize"), 0, 0, 0, 0, 0, 0);
  }

  /** The host's words for an error number. */
  static String describe(int errno) {
    long text = call(symbol("strerror"), errno, 0, 0, 0, 0, 0);
    String words =
        text == 0
            ? "unknown error"
            : MemorySegment.ofAddress(text).reinterpret(256).getString(0, StandardCharsets.UTF_8);
    return words + " (errno " + errno + ")";
  }

  private static MemorySegment symbol(String name) {
    if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux")) {
      throw new UnsupportedOperationException("guest memory needs a Linux host");
    }
    return LINKER.defaultLookup().find(name).orElse(MemorySegment.NULL);
  }

  private static long call(MemorySegment function, long a, long b, long c, long d, long e, long f) {
    if (function.address() == 0) {
      return -ENOSYS;
    }
    MemorySegment captured = CAPTURED.get();
    while (true) {
      long result;
      try {
        result = (long) CALL.invokeExact(function, captured, a, b, c, d, e, f);
      } catch (Throwable t) {
        throw new AssertionError("a C call does not throw", t);
      }
      // mmap's failure is -1 in 64 bits; an int result of -1 has an undefined upper half.
      if (result != -1 && (int) result != -1) {
        return result;
      }
      int errno = captured.get(JAVA_INT, ERRNO_OFFSET);
      if (errno != EINTR) {
        return -errno;
      }
    }
  }
}
