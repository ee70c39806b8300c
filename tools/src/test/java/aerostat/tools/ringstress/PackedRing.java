package aerostat.tools.ringstress;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.State;

/**
 * One slot of a packed ring and the driver's event suppression structure; see {@link SplitRing}.
 */
@State
public class PackedRing {
  static final int AVAILABLE = 1;
  static final int USED = 2;

  /** Flags of the event suppression structure: RING_EVENT_FLAGS_DISABLE and DESC. */
  static final int DISABLE = 1;

  static final int DESC = 2;

  private static final VarHandle FLAGS = of("flags");
  private static final VarHandle EVENT_FLAGS = of("eventFlags");

  int address;
  int id;
  int flags;

  int eventPosition;
  int eventFlags = DISABLE;

  private static VarHandle of(String field) {
    try {
      return MethodHandles.lookup().findVarHandle(PackedRing.class, field, int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** VirtioRingPacked's expose: the descriptor, wmb, its flags (PACKED-DRV-11). */
  void add() {
    address = 1;
    id = 1;
    VarHandle.storeStoreFence();
    flags = AVAILABLE;
  }

  /** VirtioRingPacked's enableCbPrepare: the position before the flags that make it count. */
  void enableCallbacks(int position) {
    eventPosition = position;
    VarHandle.storeStoreFence();
    eventFlags = DESC;
  }

  int loadFlags() {
    return (int) FLAGS.getAcquire(this);
  }

  /** PackedVirtqueue's fill: the flags last (PACKED-DEV-07). */
  void storeFlags(int newFlags) {
    FLAGS.setRelease(this, newFlags);
  }

  int loadEventFlags() {
    return (int) EVENT_FLAGS.getAcquire(this);
  }
}
