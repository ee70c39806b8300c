package aerostat.vmm.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageGate;
import aerostat.mmio.memory.PageOwners;
import java.lang.foreign.MemorySegment;

/**
 * The intrinsics of the sanitizing flavour: each asserts that no unwinding is under way (a call
 * site that the rewriter missed shows at its first effect), and each access checks that the guest
 * owns the page, and waits for one that has not arrived yet ({@link PageGate}): a load that waits
 * is no safepoint. Then {@link Intrinsics} does the work; safepoints and frames are there alone.
 *
 * <p>A template, as {@link Intrinsics}. A page that is in the balloon is not the guest's until its
 * deflation was acknowledged; a hinted or reported page is.
 */
public final class SanitizingIntrinsics {
  private static final Sanitizer SANITIZER = Intrinsics.sanitizer();
  private static final MemorySegment OWNERS = SANITIZER.owners();
  private static final GuestMemory MEMORY = SANITIZER.memory();

  private SanitizingIntrinsics() {}

  private static void settled() {
    if (Intrinsics.unwinding) {
      throw new IllegalStateException("guest code ran on while frames unwind");
    }
  }

  private static void check(String access, long address, int length) {
    settled();
    long page = (address - GuestMemory.RAM_BASE) >>> GuestMemory.PAGE_SHIFT;
    long last =
        (address - GuestMemory.RAM_BASE + Math.max(length, 1) - 1) >>> GuestMemory.PAGE_SHIFT;
    PageGate gate = MEMORY.gate();
    if (gate != null && page >= 0 && last < MEMORY.pages()) {
      gate.await(page, last);
    }
    for (; page <= last; page++) {
      // A page outside RAM is for the access itself to refuse.
      if (page >= 0
          && page < OWNERS.byteSize()
          && OWNERS.get(JAVA_BYTE, page) == PageOwners.BALLOON) {
        SANITIZER.violation(access, address, length);
        return;
      }
    }
  }

  public static int load8(long address) {
    check("load", address, 1);
    return Intrinsics.load8(address);
  }

  public static int load16(long address) {
    check("load", address, 2);
    return Intrinsics.load16(address);
  }

  public static int load32(long address) {
    check("load", address, 4);
    return Intrinsics.load32(address);
  }

  public static long load64(long address) {
    check("load", address, 8);
    return Intrinsics.load64(address);
  }

  public static void store8(long address, int value) {
    check("store", address, 1);
    Intrinsics.store8(address, value);
  }

  public static void store16(long address, int value) {
    check("store", address, 2);
    Intrinsics.store16(address, value);
  }

  public static void store32(long address, int value) {
    check("store", address, 4);
    Intrinsics.store32(address, value);
  }

  public static void store64(long address, long value) {
    check("store", address, 8);
    Intrinsics.store64(address, value);
  }

  public static void storeUnmarked8(long address, int value) {
    check("store", address, 1);
    UnmarkedStores.storeUnmarked8(address, value);
  }

  public static void storeUnmarked16(long address, int value) {
    check("store", address, 2);
    UnmarkedStores.storeUnmarked16(address, value);
  }

  public static void storeUnmarked32(long address, int value) {
    check("store", address, 4);
    UnmarkedStores.storeUnmarked32(address, value);
  }

  public static void storeUnmarked64(long address, long value) {
    check("store", address, 8);
    UnmarkedStores.storeUnmarked64(address, value);
  }

  public static boolean compareAndSwap32(long address, int expected, int value) {
    check("compare and swap", address, 4);
    return Intrinsics.compareAndSwap32(address, expected, value);
  }

  public static boolean compareAndSwap64(long address, long expected, long value) {
    check("compare and swap", address, 8);
    return Intrinsics.compareAndSwap64(address, expected, value);
  }

  public static void mb() {
    settled();
    Intrinsics.mb();
  }

  public static void rmb() {
    settled();
    Intrinsics.rmb();
  }

  public static void wmb() {
    settled();
    Intrinsics.wmb();
  }

  public static void fillBlock(long address, int length, int value) {
    check("fill", address, length);
    Intrinsics.fillBlock(address, length, value);
  }

  public static void copyBlock(long target, long source, int length) {
    check("copy from", source, length);
    check("copy to", target, length);
    Intrinsics.copyBlock(target, source, length);
  }

  public static int mismatchBlock(long a, long b, int length) {
    check("compare", a, length);
    check("compare", b, length);
    return Intrinsics.mismatchBlock(a, b, length);
  }

  public static int findOtherBlock(long address, int length, int value) {
    check("scan", address, length);
    return Intrinsics.findOtherBlock(address, length, value);
  }

  public static int readb(long address) {
    settled();
    return Intrinsics.readb(address);
  }

  public static int readw(long address) {
    settled();
    return Intrinsics.readw(address);
  }

  public static int readl(long address) {
    settled();
    return Intrinsics.readl(address);
  }

  public static void writeb(int value, long address) {
    settled();
    Intrinsics.writeb(value, address);
  }

  public static void writew(int value, long address) {
    settled();
    Intrinsics.writew(value, address);
  }

  public static void writel(int value, long address) {
    settled();
    Intrinsics.writel(value, address);
  }

  public static long now() {
    settled();
    return Intrinsics.now();
  }

  public static long wallClock() {
    settled();
    return Intrinsics.wallClock();
  }

  public static void setTimer(long deadline) {
    settled();
    Intrinsics.setTimer(deadline);
  }

  public static int irqSave() {
    settled();
    return Intrinsics.irqSave();
  }

  public static void irqRestore(int flags) {
    settled();
    Intrinsics.irqRestore(flags);
  }

  public static int irqsEnabled() {
    settled();
    return Intrinsics.irqsEnabled();
  }

  public static void waitForInterrupt() {
    settled();
    Intrinsics.waitForInterrupt();
  }

  public static void safepoint() {
    settled();
    Intrinsics.safepoint();
  }

  public static void prepareContext(long context, long argument) {
    settled();
    Intrinsics.prepareContext(context, argument);
  }

  public static void switchTo(long from, long to) {
    settled();
    Intrinsics.switchTo(from, to);
  }

  public static void panic(long message) {
    settled();
    Intrinsics.panic(message);
  }

  public static long random() {
    settled();
    return Intrinsics.random();
  }
}
