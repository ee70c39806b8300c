package aerostat.vmm.cpu;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.image.ResumeTable;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The kernel stack that the guest runs on, in guest RAM: frames from its base upwards, outermost
 * first. All of it can be overwritten by a hostile guest, so a frame is read once, checked, and
 * only then used; nothing but a {@link GuestFault} follows.
 *
 * <p>Bytes above those in use are zero whenever a frame is not being spilled. Otherwise a guest
 * that was stopped would differ, in bytes that nobody reads, from one that was not.
 */
public final class GuestStack {
  /** Largest stack in bytes; the vCPU thread's own stack is made for recursion that fills it. */
  public static final int MAX_SIZE = 64 << 10;

  private static final ValueLayout.OfLong LONG =
      JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int MARKER_WORDS = 2;
  private static final int ENTRY_WORDS = 2;
  private static final int BACKTRACE_LIMIT = 64;

  private final GuestMemory memory;
  private final MemorySegment ram;
  private final ResumeTable table;
  private final long[] frame;
  private final boolean recursive;

  private long base;
  private int size;
  private int used;

  /**
   * @param frame takes the slots of a popped frame; as long as the longest of the table
   */
  public GuestStack(GuestMemory memory, ResumeTable table, long[] frame) {
    this.memory = memory;
    this.ram = memory.segment();
    this.table = table;
    this.frame = frame;
    this.recursive = table.methods().stream().anyMatch(m -> m.recursionBytes() > 0);
  }

  long base() {
    return base;
  }

  int size() {
    return size;
  }

  public int used() {
    return used;
  }

  /** First address above the frames. */
  public long top() {
    return base + used;
  }

  /** First address above the stack. */
  public long end() {
    return base + size;
  }

  /** Whether these registers describe a stack in writable RAM. */
  boolean isValid(long newBase, long newSize, long newUsed) {
    return newSize > 0
        && newSize <= MAX_SIZE
        && newSize % 8 == 0
        && newBase % 8 == 0
        && memory.isWritable(newBase, newSize)
        && newUsed >= 0
        && newUsed <= newSize
        && newUsed % 8 == 0;
  }

  /** Takes registers that {@link #isValid} accepted. */
  public void set(long newBase, int newSize, int newUsed) {
    base = newBase;
    size = newSize;
    used = newUsed;
    if (newSize > 0 && memory.gate() != null) {
      memory.arrive(newBase, newSize); // frames are read past the gate
    }
  }

  /** Goes on on the stack of a context. */
  void load(long context) {
    long newBase = memory.load64(context);
    long newSize = memory.load64(context + 8);
    long newUsed = memory.load64(context + 16);
    if (!isValid(newBase, newSize, newUsed)) {
      throw new GuestFault(
          "Bad stack context at 0x%x: base 0x%x, size 0x%x, used 0x%x"
              .formatted(context, newBase, newSize, newUsed));
    }
    set(newBase, (int) newSize, (int) newUsed);
  }

  /** Describes this stack in a context. */
  void save(long context) {
    memory.store64(context, base);
    memory.store64(context + 8, size);
    memory.store64(context + 16, used);
  }

  /** Fills an empty stack with the first frame of a thread. */
  void prepare(long context, int method, long argument) {
    long newBase = memory.load64(context);
    long newSize = memory.load64(context + 8);
    if (!isValid(newBase, newSize, 0) || newSize < ENTRY_WORDS * 8) {
      throw new GuestFault(
          "Bad stack for a thread: base 0x%x, size 0x%x".formatted(newBase, newSize));
    }
    memory.fill(newBase, newSize, (byte) 0);
    memory.store64(newBase, argument);
    memory.store64(newBase + 8, ResumeTable.footer(method, 0, ENTRY_WORDS));
    memory.store64(context + 16, ENTRY_WORDS * 8);
  }

  /** Pushes the first frame of a method with one parameter. */
  void pushEntry(int method, long argument) {
    push(argument, ResumeTable.footer(method, 0, ENTRY_WORDS));
  }

  /** Pushes the marker under an interrupt handler's frame: interrupts were enabled. */
  void pushMarker() {
    push(1, ResumeTable.footer(ResumeTable.INTERRUPT_MARKER, 0, MARKER_WORDS));
  }

  private void push(long slot, long footer) {
    if (size - used < 16) {
      throw new GuestFault("Kernel stack overflow");
    }
    long address = top();
    memory.store64(address, slot);
    memory.store64(address + 8, footer);
    used += 16;
  }

  /**
   * Takes the top frame off: its slots are in the frame array, its bytes in RAM zero.
   *
   * @return its checked footer
   */
  public long pop() {
    long top = top() - GuestMemory.RAM_BASE;
    long footer = used < 8 ? 0 : ram.get(LONG, top - 8);
    int words = ResumeTable.words(footer);
    if (words * 8 > used || !table.isValid(footer)) {
      throw new GuestFault(
          "Corrupt frame on the kernel stack: 0x%016x at 0x%x".formatted(footer, top() - 8));
    }
    long start = top - 8L * words; // words is at least 1: the footer alone
    for (int i = 0; i < words - 1; i++) {
      frame[i] = ram.get(LONG, start + 8L * i);
      ram.set(LONG, start + 8L * i, 0);
    }
    ram.set(LONG, top - 8, 0);
    used -= words * 8;
    memory.dirtyLog().mark(top(), 8L * words);
    return footer;
  }

  /** Moves the frames that were spilled at the end of the stack down onto those that were there. */
  public void compact(long scratch) {
    long from = scratch - GuestMemory.RAM_BASE;
    long to = top() - GuestMemory.RAM_BASE;
    long end = end() - GuestMemory.RAM_BASE;
    long bytes = end - from;
    if (bytes <= 0) {
      return;
    }
    if (bytes <= 512 && to + bytes <= from) {
      for (long at = 0; at < bytes; at += 8) {
        ram.set(LONG, to + at, ram.get(LONG, from + at));
        ram.set(LONG, from + at, 0);
      }
    } else {
      MemorySegment.copy(ram, from, ram, to, bytes);
      long gap = Math.max(from, to + bytes);
      ram.asSlice(gap, end - gap).fill((byte) 0);
    }
    memory.dirtyLog().mark(top(), bytes);
    memory.dirtyLog().mark(scratch, bytes);
    used += (int) bytes;
  }

  /**
   * Bytes left for recursion, from the frames that are there. Negative for frames that no guest
   * code can have left: then each of them gives back on its return what it took here, no more.
   */
  int depth() {
    long left = table.initialDepth(size);
    if (recursive) {
      for (long footer : footers(Integer.MAX_VALUE)) {
        // At site 0 a method has not begun: it takes its bytes when it does.
        boolean begun = ResumeTable.site(footer) != 0;
        ResumeTable.Method method = begun ? table.method(ResumeTable.method(footer)) : null;
        left -= method == null ? 0 : method.recursionBytes();
      }
    }
    return (int) Math.max(Integer.MIN_VALUE / 2, left);
  }

  /**
   * After a frame's return: a guest that wrote frames of its own under running ones gets no deeper
   * than an empty stack allows.
   */
  void limitDepth(VcpuPort port) {
    if (recursive && port.depth() > table.initialDepth(size)) {
      port.depth(table.initialDepth(size));
    }
  }

  /** The frames as lines of a backtrace, innermost first. */
  List<String> describe() {
    List<String> lines = new ArrayList<>();
    for (long footer : footers(BACKTRACE_LIMIT)) {
      lines.add(table.describe(ResumeTable.method(footer), ResumeTable.site(footer)));
    }
    return lines;
  }

  /** Innermost first, up to the first word that is none. */
  private List<Long> footers(int limit) {
    List<Long> found = new ArrayList<>();
    long at = used;
    while (at >= 8 && found.size() < limit) {
      long footer = ram.get(LONG, base - GuestMemory.RAM_BASE + at - 8);
      if (!table.isValid(footer)) {
        break;
      }
      found.add(footer);
      at -= 8L * ResumeTable.words(footer);
    }
    return found;
  }
}
