package aerostat.vmm.monitor;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Messages on their way to one client, bounded in bytes. Answers wait for room, so a client that
 * does not read is not read from either; events never wait, since the machine's threads bring them.
 */
final class Outbox {
  private final int capacity;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<byte[]> messages = new ArrayDeque<>();
  private int bytes;
  private int writing;
  private boolean closed;

  /**
   * @param capacity bytes that may wait; one message of any size always fits an empty box
   */
  Outbox(int capacity) {
    this.capacity = capacity;
  }

  /** Waits for room. False once closed. */
  boolean put(byte[] message) throws InterruptedException {
    lock.lock();
    try {
      while (!closed && !fits(message)) {
        changed.await();
      }
      if (!closed) {
        add(message);
      }
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  /** Never waits. False if there is no room. */
  boolean offer(byte[] message) {
    lock.lock();
    try {
      if (closed) {
        return true;
      }
      if (!fits(message)) {
        return false;
      }
      add(message);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** The next message, which counts as on its way until {@link #written}; null once closed. */
  byte @Nullable [] take() throws InterruptedException {
    lock.lock();
    try {
      while (!closed && messages.isEmpty()) {
        changed.await();
      }
      if (closed) {
        return null;
      }
      byte[] message = messages.remove();
      writing = message.length;
      return message;
    } finally {
      lock.unlock();
    }
  }

  void written() {
    lock.lock();
    try {
      bytes -= writing;
      writing = 0;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until all is written, or the time is up. */
  void drain(long nanos) throws InterruptedException {
    lock.lock();
    try {
      long left = nanos;
      while (!closed && bytes > 0 && left > 0) {
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  void close() {
    lock.lock();
    try {
      closed = true;
      messages.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private boolean fits(byte[] message) {
    return bytes == 0 || bytes + message.length <= capacity;
  }

  private void add(byte[] message) {
    messages.add(message);
    bytes += message.length;
    changed.signalAll();
  }
}
