package aerostat.tools.fuzz.queue;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageGate;

/**
 * A second driver thread, on the one thread: before the n-th access that the device makes to guest
 * memory a word there changes. So every double fetch can be met, at a place that the input chooses
 * (DEV-32).
 */
final class Mutations implements PageGate {
  /** Changes that wait at a time. */
  private static final int MOST = 8;

  private final GuestMemory memory;
  private final Shadow shadow;
  private final int[] after = new int[MOST];
  private final long[] address = new long[MOST];
  private final int[] value = new int[MOST];
  private int count;
  private int done;
  private boolean on;

  Mutations(GuestMemory memory, Shadow shadow) {
    this.memory = memory;
    this.shadow = shadow;
  }

  void clear() {
    count = 0;
    done = 0;
    on = false;
  }

  /** After so many further accesses of the device 16 bits change; forgotten if too many wait. */
  void plan(int accesses, long gpa, int word) {
    if (count < MOST && memory.isWritable(gpa, 2)) {
      after[count] = accesses;
      address[count] = gpa;
      value[count] = word;
      count++;
    }
  }

  /** Whether accesses count: not what the checks themselves read and write. */
  boolean active(boolean now) {
    boolean before = on;
    on = now;
    return before;
  }

  /** Changes made so far. */
  int done() {
    return done;
  }

  @Override
  public void await(long first, long last) {
    if (!on) {
      return;
    }
    on = false;
    for (int i = count - 1; i >= 0; i--) {
      if (after[i]-- <= 0) {
        memory.store16(address[i], value[i]);
        shadow.allow(address[i], 2);
        done++;
        count--;
        after[i] = after[count];
        address[i] = address[count];
        value[i] = value[count];
      }
    }
    on = true;
  }

  @Override
  public boolean mayCome() {
    return true;
  }
}
