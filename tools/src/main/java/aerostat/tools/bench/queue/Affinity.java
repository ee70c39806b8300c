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

  /** Whether a thread of this process may be bound to it. */
  static boolean permits(int processor) {
    boolean[] bound = new boolean[1];
    // A thread of its own: what is bound stays bound.
    Thread tries =
        new Thread(
            () -> {
              try {
                pin(processor);
                bound[0] = true;
              } catch (IllegalStateException refused) {
                bound[0] = false;
              }
            });
    tries.start();
    try {
      tries.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return bound[0];
  }

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
