package aerostat.vmm.migration.postcopy;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageGate;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The pages of a guest that runs already and that are still with its source. Each is PENDING,
 * LOADING or PRESENT; who takes it from PENDING to LOADING, by compare-and-set, places it, so a
 * page that comes twice never lands on what the guest wrote. Thread-safe.
 */
public final class MissingPages implements PageGate {
  private static final byte PRESENT = 0;
  private static final byte PENDING = 1;
  private static final byte LOADING = 2;
  private static final int PAGE = GuestMemory.PAGE_SIZE;
  private static final VarHandle STATE = MethodHandles.arrayElementVarHandle(byte[].class);

  private final MemorySegment ram;
  private final byte[] states;

  /** Pages that somebody waits for and that were not asked for yet; guarded by this. */
  private final LinkedHashSet<Long> wanted = new LinkedHashSet<>();

  /** Pages that somebody waits for and that this link was asked for; guarded by this. */
  private final Set<Long> asked = new HashSet<>();

  private long left;

  /** Until the first one breaks, a connection is on its way. */
  private boolean link = true;

  private @Nullable String lost;

  public MissingPages(GuestMemory memory) {
    ram = memory.segment();
    states = new byte[Math.toIntExact(memory.pages())];
  }

  /** Pages [from, to) are missing; before the guest runs. */
  public synchronized void add(long from, long to) {
    for (long page = from; page < to; page++) {
      if (STATE.compareAndSet(states, (int) page, PRESENT, PENDING)) {
        left++;
      }
    }
  }

  /** How many are not there yet. */
  public synchronized long left() {
    return left;
  }

  private boolean present(long page) {
    return (byte) STATE.getAcquire(states, (int) page) == PRESENT;
  }

  @Override
  public void await(long first, long last) {
    for (long page = first; page <= last; page++) {
      if (!present(page)) {
        await(page);
      }
    }
  }

  private synchronized void await(long page) {
    boolean interrupted = false;
    while (!present(page)) {
      if (lost != null) {
        throw new IllegalStateException(lost);
      }
      if (!asked.contains(page) && wanted.add(page)) {
        notifyAll();
      }
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public synchronized boolean mayCome() {
    return link || left == 0;
  }

  /**
   * Places a page.
   *
   * @param bytes 4 KiB; null: zero
   * @return whether it was missing; nothing happens otherwise
   */
  public boolean place(long page, @Nullable MemorySegment bytes) {
    if (!STATE.compareAndSet(states, (int) page, PENDING, LOADING)) {
      return false;
    }
    MemorySegment target = ram.asSlice(page * PAGE, PAGE);
    if (bytes == null) {
      target.fill((byte) 0);
    } else {
      target.copyFrom(bytes);
    }
    STATE.setRelease(states, (int) page, PRESENT);
    synchronized (this) {
      left--;
      wanted.remove(page);
      asked.remove(page);
      notifyAll();
    }
    return true;
  }

  /** There is a way to the source, or none any more. */
  public synchronized void linked(boolean now) {
    link = now;
    asked.clear();
    notifyAll();
  }

  /** The pages will never come: who waits gets an exception. */
  public synchronized void lost(String reason) {
    lost = reason;
    notifyAll();
  }

  /** First missing page from this one on, or -1. */
  public long nextMissing(long from) {
    return nextMissing(from, states.length);
  }

  /** First missing page in [from, to), or -1. */
  public long nextMissing(long from, long to) {
    for (long page = from; page < to; page++) {
      if (!present(page)) {
        return page;
      }
    }
    return -1;
  }

  /** First page in [from, to) that is not missing, or -1. */
  public long nextPresent(long from, long to) {
    for (long page = from; page < to; page++) {
      if (present(page)) {
        return page;
      }
    }
    return -1;
  }

  /**
   * Waits until pages are wanted that were not asked for, or nothing is missing, or the link is
   * gone.
   *
   * @return these pages, at most so many; none when there is nothing more to ask
   */
  public synchronized long[] takeWanted(int most) throws InterruptedException {
    while (wanted.isEmpty() && left > 0 && link && lost == null) {
      wait();
    }
    if (left == 0 || !link || lost != null) {
      return new long[0];
    }
    long[] pages = wanted.stream().limit(most).mapToLong(Long::longValue).toArray();
    for (long page : pages) {
      wanted.remove(page);
      asked.add(page);
    }
    return pages;
  }
}
