package aerostat.tools.ringstress;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.State;

/**
 * A split ring of one or two elements at its barest, with the accesses of the product: the guest's
 * side stores and loads plainly between fences ({@code wmb}, {@code rmb}, {@code mb} of the
 * intrinsics), the device's side has acquire loads, release stores and one full fence. At first the
 * device has said that it needs no notification and the driver that it needs no interrupt.
 */
@State
public class SplitRing {
  private static final VarHandle AVAILABLE = of("availableIndex");
  private static final VarHandle USED = of("usedIndex");
  private static final VarHandle NO_NOTIFY = of("noNotify");
  private static final VarHandle NO_INTERRUPT = of("noInterrupt");
  private static final VarHandle USED_EVENT = of("usedEvent");

  /** The chain: descriptor and entry of the available ring. */
  int descriptor;

  int availableEntry;
  int availableIndex;

  /** Entries of the used ring. */
  int usedEntry;

  int usedEntry2;
  int usedIndex;

  int noNotify = 1;
  int noInterrupt = 1;

  /** The driver asks for an interrupt when the entry of this number is used; 7: none of ours. */
  int usedEvent = 7;

  private static VarHandle of(String field) {
    try {
      return MethodHandles.lookup().findVarHandle(SplitRing.class, field, int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  // ---- the driver's side: VirtioRing ----

  /** expose: the chain, wmb, the index (SPLIT-DRV-29). */
  void add() {
    descriptor = 1;
    availableEntry = 1;
    VarHandle.storeStoreFence();
    availableIndex = 1;
  }

  /** kickPrepare behind its mb (SPLIT-DRV-30): whether the device wants to be told. */
  boolean wantsKick() {
    return noNotify == 0;
  }

  // ---- the device's side: SplitVirtqueue ----

  int loadAvailable() {
    return (int) AVAILABLE.getAcquire(this);
  }

  /** flush: the entries before the index. */
  void storeUsed(int index) {
    USED.setRelease(this, index);
  }

  /** allowNotifications, without its fence. */
  void allow() {
    NO_NOTIFY.setRelease(this, 0);
  }

  /** wantsInterrupt without the event index. */
  boolean wantsInterrupt() {
    return (int) NO_INTERRUPT.getAcquire(this) == 0;
  }

  int loadUsedEvent() {
    return (int) USED_EVENT.getAcquire(this);
  }
}
