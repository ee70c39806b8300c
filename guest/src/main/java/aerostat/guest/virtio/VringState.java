package aerostat.guest.virtio;

import static aerostat.guest.machine.Memory.load32;
import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store32;
import static aerostat.guest.machine.Memory.store64;

/** What the driver remembers of a chain in flight, by its head (struct vring_desc_state_split). */
record VringState(long address) {
  static final int SIZE = 24;

  /** The driver's token, never 0 while the chain is in flight; 0: no chain has this head. */
  long data() {
    return load64(address);
  }

  void setData(long data) {
    store64(address, data);
  }

  /** The chain's indirect table, 0 without. */
  long indirect() {
    return load64(address + 8);
  }

  void setIndirect(long table) {
    store64(address + 8, table);
  }

  /** Bytes of the chain's device-writable pieces. */
  int writable() {
    return load32(address + 16);
  }

  void setWritable(int bytes) {
    store32(address + 16, bytes);
  }
}
