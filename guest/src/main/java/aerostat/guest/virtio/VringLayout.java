package aerostat.guest.virtio;

/** Layout of a split ring (virtio 2.7, SPLIT-TXT-02). Sizes in bytes. */
final class VringLayout {
  private VringLayout() {}

  static final int DESC_SIZE = 16;
  static final int DESC_ADDRESS = 0;
  static final int DESC_LENGTH = 8;
  static final int DESC_FLAGS = 12;
  static final int DESC_NEXT = 14;

  static final int F_NEXT = 1;
  static final int F_WRITE = 2;
  static final int F_INDIRECT = 4;

  static final int AVAIL_FLAGS = 0;
  static final int AVAIL_INDEX = 2;
  static final int AVAIL_RING = 4;
  static final int AVAIL_F_NO_INTERRUPT = 1;

  static final int USED_FLAGS = 0;
  static final int USED_INDEX = 2;
  static final int USED_RING = 4;
  static final int USED_F_NO_NOTIFY = 1;

  /** Most entries of a split ring (SPLIT-TXT-01). */
  static final int MAX_ENTRIES = 32768;

  static long availOffset(int num) {
    return (long) num * DESC_SIZE;
  }

  /** The used ring starts on a boundary of 4 at least; Linux takes a page, so do we. */
  static long usedOffset(int num, int align) {
    return (availOffset(num) + 6 + 2L * num + align - 1) & -(long) align;
  }

  static long size(int num, int align) {
    return usedOffset(num, align) + 6 + 8L * num;
  }

  /** Address of the event index that the driver writes. */
  static long usedEvent(Virtqueue q) {
    return q.avail() + AVAIL_RING + 2L * q.size();
  }

  /** Address of the event index that the device writes. */
  static long availEvent(Virtqueue q) {
    return q.used() + USED_RING + 8L * q.size();
  }

  /** Whether {@code event} lies in {@code old..now-1}, modulo 65536 (vring_need_event). */
  static boolean needEvent(int event, int now, int old) {
    return ((now - event - 1) & 0xffff) < ((now - old) & 0xffff);
  }
}
