package aerostat.vmm.cpu;

import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * What the host wants done at an exact poll of a deterministic vCPU: actions, and the poll to stop
 * at. vCPU thread, or while it rests.
 */
final class Agenda {
  private record Entry(long poll, long order, Runnable action) {}

  private final PriorityQueue<Entry> entries =
      new PriorityQueue<>(Comparator.comparingLong(Entry::poll).thenComparingLong(Entry::order));
  private long orders;
  private long stopAt = Long.MAX_VALUE;
  private boolean stopIdle;

  void add(long poll, Runnable action) {
    entries.add(new Entry(poll, orders++, action));
  }

  void stopAt(long poll) {
    stopAt = poll;
  }

  long stopAt() {
    return stopAt;
  }

  /** Whether to stop, too, where the guest would wait for an interrupt. */
  void stopIdle(boolean stop) {
    stopIdle = stop;
  }

  /** Whether to stop here. */
  boolean stops(long poll, boolean idle) {
    return poll >= stopAt || (idle && stopIdle);
  }

  /** Poll of the next action, Long.MAX_VALUE for none. */
  long nextAction() {
    Entry next = entries.peek();
    return next == null ? Long.MAX_VALUE : next.poll;
  }

  /** First poll at which something is to be done. */
  long due() {
    return Math.min(stopAt, nextAction());
  }

  /** Runs the actions of this poll and earlier ones, in order. */
  void run(long poll) {
    while (nextAction() <= poll) {
      entries.remove().action.run();
    }
  }
}
