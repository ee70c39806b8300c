package aerostat.guest.virtio;

import static aerostat.guest.machine.Memory.load16;
import static aerostat.guest.machine.Memory.store16;

/**
 * The driver's own copy of a descriptor's flags and link (struct vring_desc_extra): the table in
 * the ring could be rewritten by a hostile device.
 */
record VringExtra(long address) {
  static final int SIZE = 4;

  int flags() {
    return load16(address);
  }

  void setFlags(int flags) {
    store16(address, flags);
  }

  int next() {
    return load16(address + 2);
  }

  void setNext(int next) {
    store16(address + 2, next);
  }
}
