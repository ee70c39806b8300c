package aerostat.vmm.faults;

import java.util.concurrent.atomic.AtomicLongArray;

/** How often each fault has come, in all machines of one process. Thread-safe. */
public final class FaultCounts {
  /** What can happen to a notification or an interrupt. */
  public enum Kind {
    LOSE_NOTIFY("lose-notify"),
    LATE_NOTIFY("late-notify"),
    SLOW("slow"),
    LOSE_IRQ("lose-irq"),
    LATE_IRQ("late-irq"),
    RING("ring");

    private final String word;

    Kind(String word) {
      this.word = word;
    }

    /** As in the specification of the faults. */
    public String word() {
      return word;
    }
  }

  private final AtomicLongArray counts = new AtomicLongArray(Kind.values().length);

  void add(Kind kind) {
    counts.incrementAndGet(kind.ordinal());
  }

  public long get(Kind kind) {
    return counts.get(kind.ordinal());
  }

  /** Each kind that came, with its count. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Kind kind : Kind.values()) {
      if (get(kind) > 0) {
        text.append(text.isEmpty() ? "" : ", ").append(kind.word()).append(' ').append(get(kind));
      }
    }
    return text.isEmpty() ? "none" : text.toString();
  }
}
