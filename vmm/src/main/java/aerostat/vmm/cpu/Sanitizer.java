package aerostat.vmm.cpu;

import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.image.ResumeTable;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Where the sanitizing flavour reports accesses to pages that the guest gave away: counted, the
 * first ones kept with guest method and line; or a guest fault, as chosen.
 */
public final class Sanitizer {
  private static final int KEPT = 100;

  private final GuestMemory memory;
  private final MemorySegment owners;
  private final ResumeTable table;
  private final boolean fault;
  private final List<String> kept = new ArrayList<>();
  private volatile boolean inhibited;
  private long violations;

  /**
   * @param fault whether a violation ends the guest
   */
  public Sanitizer(GuestMemory memory, ResumeTable table, boolean fault) {
    this.memory = memory;
    this.owners = memory.owners().states();
    this.table = table;
    this.fault = fault;
  }

  /** The memory whose pages it knows about. */
  public GuestMemory memory() {
    return memory;
  }

  /** One owner byte a page. */
  public MemorySegment owners() {
    return owners;
  }

  /**
   * Whether violations are passed over: for a device that has told its driver of pages that are not
   * back, as a test's may.
   */
  public void inhibit(boolean on) {
    inhibited = on;
  }

  /** How many accesses touched a page in the balloon. */
  public synchronized long violations() {
    return violations;
  }

  /** The first violations, each with access, address, guest function, file and line. */
  public synchronized List<String> reports() {
    return List.copyOf(kept);
  }

  /** Called by the flavour's intrinsics on the vCPU thread. */
  public void violation(String access, long address, int length) {
    if (inhibited) {
      return;
    }
    String text =
        access
            + " of "
            + length
            + " bytes at 0x"
            + Long.toHexString(address)
            + ", page "
            + ((address - GuestMemory.RAM_BASE) >>> GuestMemory.PAGE_SHIFT)
            + " is in the balloon";
    if (fault) {
      throw new GuestFault("Sanitizer: " + text);
    }
    synchronized (this) {
      violations++;
      if (kept.size() < KEPT) {
        kept.add(text + ", by " + place());
      }
    }
  }

  private String place() {
    return StackWalker.getInstance()
        .walk(
            frames ->
                frames
                    .map(f -> table.describe(f.toStackTraceElement()))
                    .filter(Objects::nonNull)
                    .findFirst()
                    .orElse("?"));
  }
}
