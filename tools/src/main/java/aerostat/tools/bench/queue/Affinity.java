package aerostat.tools.bench.queue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Binds the calling thread to one processor (Linux's sched_setaffinity). */
final class Affinity {
  /** Bytes of the C library's cpu_set_t. */
  private static final long SET_BYTES = 128;

  private Affinity() {}

  /**
   * From here on the calling thread runs on this processor only.
   *
   * @throws IllegalStateException if the host has no such call, or refuses
   */
  static void pin(int processor) {
    Linker linker = Linker.nativeLinker();
    MemorySegment symbol =
        linker
            .defaultLookup()
            .find("sched_setaffinity")
            .orElseThrow(() -> new IllegalStateException("this host cannot bind threads"));
    MethodHandle call =
        linker.downcallHandle(
            symbol,
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment set = arena.allocate(SET_BYTES, 8);
      set.set(ValueLayout.JAVA_BYTE, processor / 8, (byte) (1 << processor % 8));
      int result = (int) call.invokeExact(0, SET_BYTES, set);
      if (result != 0) {
        throw new IllegalStateException("the host refuses processor " + processor);
      }
    } catch (RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
