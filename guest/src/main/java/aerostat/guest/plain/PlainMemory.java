package aerostat.guest.plain;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** A lazily committed anonymous mapping, so that a test pays only for the pages it touches. */
final class PlainMemory {
  private PlainMemory() {}

  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x2 | 0x20 | 0x4000;
  private static final int MAP_FIXED = 0x10;

  private static MemorySegment mmap(MemorySegment at, long size, int flags) {
    Linker linker = Linker.nativeLinker();
    MethodHandle mmap =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("mmap"),
            FunctionDescriptor.of(
                ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    try {
      MemorySegment result =
          (MemorySegment)
              mmap.invokeExact(
                  at, size, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE | flags, -1, 0L);
      if (result.address() == -1) {
        throw new OutOfMemoryError("mmap of " + size + " bytes");
      }
      return result;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** Zeroed memory of this size that lives as long as the process. */
  static MemorySegment reserve(long size) {
    return mmap(MemorySegment.NULL, size, 0).reinterpret(size);
  }

  /** Makes every byte zero and gives the pages back to the host. */
  static void clear(MemorySegment memory) {
    mmap(memory, memory.byteSize(), MAP_FIXED);
  }
}
