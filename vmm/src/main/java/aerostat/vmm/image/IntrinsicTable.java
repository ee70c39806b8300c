package aerostat.vmm.image;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The intrinsics that generated code may call: the {@code @Intrinsic} methods of {@code
 * aerostat.guest.machine}, with erased descriptors. Those that erase to nothing ({@code
 * Cpu.string}, {@code Ops.id}, {@code Ops.of}) are not here.
 */
public final class IntrinsicTable {
  private IntrinsicTable() {}

  private static final String MEMORY = "Memory";
  private static final String IO = "Io";
  private static final String CPU = "Cpu";

  /**
   * One intrinsic.
   *
   * @param owner simple name of the class in {@code aerostat.guest.machine}
   * @param name unique over all of them
   * @param descriptor erased: a string is its address, a long
   * @param leaves it may start an unwinding; its call sites are resume sites
   * @param block it touches up to 64 KiB; a loop around it polls every trip
   * @param cost instructions that one call counts for between two polls, roughly
   */
  public record Intrinsic(
      String owner, String name, String descriptor, boolean leaves, boolean block, long cost) {}

  /**
   * What a block operation counts for, and an access to a device: it takes the machine's lock, and
   * one may print 4 KiB or have a queue looked through.
   */
  private static final long COSTLY = 5_000;

  private static final Map<String, Intrinsic> BY_NAME = new TreeMap<>();

  static {
    for (String n : List.of("load8", "load16", "load32")) {
      plain(MEMORY, n, "(J)I");
    }
    plain(MEMORY, "load64", "(J)J");
    for (String n : List.of("store8", "store16", "store32")) {
      plain(MEMORY, n, "(JI)V");
    }
    plain(MEMORY, "store64", "(JJ)V");
    plain(MEMORY, "compareAndSwap32", "(JII)Z");
    plain(MEMORY, "compareAndSwap64", "(JJJ)Z");
    for (String n : List.of("mb", "rmb", "wmb")) {
      plain(MEMORY, n, "()V");
    }
    block("fillBlock", "(JII)V");
    block("copyBlock", "(JJI)V");
    block("mismatchBlock", "(JJI)I");
    block("findOtherBlock", "(JII)I");
    for (String n : List.of("readb", "readw", "readl")) {
      device(n, "(J)I");
    }
    for (String n : List.of("writeb", "writew", "writel")) {
      device(n, "(IJ)V");
    }
    plain(CPU, "now", "()J");
    plain(CPU, "wallClock", "()J");
    plain(CPU, "setTimer", "(J)V");
    plain(CPU, "irqSave", "()I");
    plain(CPU, "irqRestore", "(I)V");
    plain(CPU, "irqsEnabled", "()I");
    plain(CPU, "prepareContext", "(JJ)V");
    plain(CPU, "panic", "(J)V");
    plain(CPU, "random", "()J");
    leaving("waitForInterrupt", "()V");
    leaving("safepoint", "()V");
    leaving("switchTo", "(JJ)V");
  }

  private static void plain(String owner, String name, String descriptor) {
    BY_NAME.put(name, new Intrinsic(owner, name, descriptor, false, false, 1));
  }

  private static void device(String name, String descriptor) {
    BY_NAME.put(name, new Intrinsic(IO, name, descriptor, false, false, COSTLY));
  }

  private static void block(String name, String descriptor) {
    BY_NAME.put(name, new Intrinsic(MEMORY, name, descriptor, false, true, COSTLY));
  }

  private static void leaving(String name, String descriptor) {
    BY_NAME.put(name, new Intrinsic(CPU, name, descriptor, true, false, 1));
  }

  /** All, sorted by name. */
  public static List<Intrinsic> all() {
    return List.copyOf(BY_NAME.values());
  }

  /** The intrinsic with this name, or null. */
  public static @Nullable Intrinsic byName(String name) {
    return BY_NAME.get(name);
  }
}
