package aerostat.mmio.bus;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import aerostat.mmio.state.FlatState;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * 32 level-triggered lines; the levels live in the flat state. Line 0 is the vCPU's timer, the
 * others belong to devices. All methods may be called from any thread, with or without the machine
 * lock.
 */
public class InterruptController {
  /** Number of lines. */
  public static final int LINES = 32;

  private static final int LAYOUT_VERSION = 1;
  private static final VarHandle LEVELS = JAVA_INT.varHandle();

  private final MemorySegment slice;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

  /** Takes the slice "interrupts" of a state that is not sealed yet. */
  public InterruptController(FlatState state) {
    slice = state.slice("interrupts", LAYOUT_VERSION, Integer.BYTES, this::restored);
  }

  /** Levels of all lines now, bit n = line n; a volatile read. */
  public final int levels() {
    return (int) LEVELS.getVolatile(slice, 0L);
  }

  /**
   * Sets a line's level; wakes the vCPU through the listeners when the line rises.
   *
   * @throws IndexOutOfBoundsException for a line that does not exist
   */
  public void setLevel(int line, boolean high) {
    if (line < 0 || line >= LINES) {
      throw new IndexOutOfBoundsException("interrupt line " + line);
    }
    int bit = 1 << line;
    if (!high) {
      LEVELS.getAndBitwiseAnd(slice, 0L, ~bit);
    } else if (((int) LEVELS.getAndBitwiseOr(slice, 0L, bit) & bit) == 0) {
      rise();
    }
  }

  /**
   * Adds what to call after each rise, on the thread that caused it: sets the vCPU's exit request
   * or ends its idle wait. Also called after a restore that brought a high line.
   */
  public final void onRise(Runnable listener) {
    listeners.add(listener);
  }

  private void restored() {
    if (levels() != 0) {
      rise();
    }
  }

  private void rise() {
    for (Runnable listener : listeners) {
      listener.run();
    }
  }
}
