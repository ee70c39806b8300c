package aerostat.mmio.virtio;

import aerostat.mmio.memory.GuestMemory;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A chain as it was when it was popped: descriptors fetched once and checked once. Readable parts
 * come before writable ones. Reused by its queue.
 */
public final class DescriptorChain {
  /** Our upper limit on the descriptors of one chain, indirect ones included (SPLIT-DEV-02). */
  public static final int MAX_DESCRIPTORS = 1024;

  private int head;
  private int readables;
  private int count;
  private long readableBytes;
  private long writableBytes;
  private long[] addresses = new long[8];
  private long[] lengths = new long[8];

  void begin(int newHead) {
    head = newHead;
    readables = 0;
    count = 0;
    readableBytes = 0;
    writableBytes = 0;
  }

  /** For queues that know the head only when the chain has been walked. */
  void head(int newHead) {
    head = newHead;
  }

  void add(long address, long length, boolean writable) {
    if (count == addresses.length) {
      addresses = Arrays.copyOf(addresses, 2 * count);
      lengths = Arrays.copyOf(lengths, 2 * count);
    }
    addresses[count] = address;
    lengths[count] = length;
    count++;
    if (writable) {
      writableBytes += length;
    } else {
      readables++;
      readableBytes += length;
    }
  }

  /**
   * What {@link Virtqueue#push} wants back: the index of the head descriptor, or, of a packed ring,
   * the buffer id and the number of ring slots. Not negative.
   */
  public int head() {
    return head;
  }

  /** Descriptors, readable and writable. */
  public int count() {
    return count;
  }

  public int readables() {
    return readables;
  }

  public int writables() {
    return count - readables;
  }

  /** Sum of the readable lengths; at most 1024 times 4 GiB, so it never overflows. */
  public long readableBytes() {
    return readableBytes;
  }

  public long writableBytes() {
    return writableBytes;
  }

  /** Guest-physical address of the n-th writable part. */
  public long writableAddress(int n) {
    return addresses[readables + n];
  }

  /** Bytes of the n-th writable part, 1 to 0xFFFFFFFF. */
  public long writableLength(int n) {
    return lengths[readables + n];
  }

  /**
   * Copies readable bytes from {@code offset} of the readable part into host memory, wherever the
   * driver has cut it (SPLIT-DEV-01).
   *
   * @return bytes copied: less than {@code length} at the end of the readable part
   */
  public long read(GuestMemory memory, long offset, MemorySegment target, long length) {
    long skip = offset;
    long done = 0;
    for (int i = 0; i < readables && done < length; i++) {
      long here = lengths[i];
      if (skip >= here) {
        skip -= here;
        continue;
      }
      long bytes = Math.min(here - skip, length - done);
      memory.read(addresses[i] + skip, target, done, bytes);
      done += bytes;
      skip = 0;
    }
    return done;
  }

  /**
   * Copies host bytes to the beginning of the writable part.
   *
   * @return bytes copied: less than {@code length} when the writable part is shorter
   */
  public long write(GuestMemory memory, MemorySegment source, long length) {
    long done = 0;
    for (int i = readables; i < count && done < length; i++) {
      long bytes = Math.min(lengths[i], length - done);
      memory.write(addresses[i], source, done, bytes);
      done += bytes;
    }
    return done;
  }
}
