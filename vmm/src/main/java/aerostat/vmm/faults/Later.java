package aerostat.vmm.faults;

import aerostat.devices.clock.DeviceClock;
import java.util.Comparator;
import java.util.PriorityQueue;

/** What is to happen later, in the machine's own time; ties in the order of their coming. */
final class Later {
  private record Entry(long deadline, long number, Runnable what) {}

  private final DeviceClock clock;
  private final DeviceClock.Timer timer;
  private final PriorityQueue<Entry> entries =
      new PriorityQueue<>(
          Comparator.comparingLong(Entry::deadline).thenComparingLong(Entry::number));
  private long number;

  Later(DeviceClock clock) {
    this.clock = clock;
    timer = clock.timer(this::due);
  }

  void after(long nanos, Runnable what) {
    entries.add(new Entry(clock.now() + nanos, number++, what));
    arm();
  }

  private void due() {
    long now = clock.now();
    for (Entry next = entries.peek(); next != null && next.deadline <= now; next = entries.peek()) {
      entries.remove();
      next.what.run();
    }
    arm();
  }

  private void arm() {
    Entry next = entries.peek();
    if (next != null) {
      timer.arm(next.deadline);
    }
  }
}
