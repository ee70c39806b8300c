package aerostat.guest.plain;

import java.lang.invoke.VarHandle;
import java.util.function.Consumer;

/** Memory barriers of the plain machine, and who looks at them. */
public final class PlainBarriers {
  private PlainBarriers() {}

  private static Consumer<Barrier> look;

  /**
   * From here on {@code action} runs at each barrier of the guest's, as another processor's view of
   * that moment; null: nothing does. {@link PlainMachine#reset} ends it.
   */
  public static void onBarrier(Consumer<Barrier> action) {
    look = action;
  }

  public static void mb() {
    VarHandle.fullFence();
    tell(Barrier.FULL);
  }

  public static void rmb() {
    VarHandle.loadLoadFence();
    tell(Barrier.READ);
  }

  public static void wmb() {
    VarHandle.storeStoreFence();
    tell(Barrier.WRITE);
  }

  private static void tell(Barrier kind) {
    if (look != null) {
      look.accept(kind);
    }
  }
}
