package aerostat.mmio.trace;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** Keeps the newest events in memory, so many and no more; thread-safe. */
public final class TraceRecorder implements Trace {
  private final int capacity;
  private final ArrayDeque<String> lines = new ArrayDeque<>();
  private long dropped;

  /**
   * @param capacity lines kept at most, at least 1
   */
  public TraceRecorder(int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity " + capacity);
    }
    this.capacity = capacity;
  }

  @Override
  public boolean on() {
    return true;
  }

  @Override
  public synchronized void event(String line) {
    if (lines.size() == capacity) {
      lines.removeFirst();
      dropped++;
    }
    lines.addLast(line);
  }

  public synchronized List<String> lines() {
    return new ArrayList<>(lines);
  }

  /** Lines of one component and event ({@code "virtio0 notify"}). */
  public synchronized List<String> lines(String start) {
    return lines.stream().filter(l -> l.equals(start) || l.startsWith(start + " ")).toList();
  }

  /** How many old lines made room for new ones. */
  public synchronized long dropped() {
    return dropped;
  }

  public synchronized void clear() {
    lines.clear();
    dropped = 0;
  }
}
