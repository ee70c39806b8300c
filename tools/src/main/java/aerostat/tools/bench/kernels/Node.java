package aerostat.tools.bench.kernels;

import aerostat.guest.machine.Memory;

/** A list node in guest memory: +0 next (address, 0 ends the list), +8 value. */
record Node(long address) {
  static final int SIZE = 64;

  Node next() {
    long next = Memory.load64(address);
    return next == 0 ? null : new Node(next);
  }

  long value() {
    return Memory.load64(address + 8);
  }

  void set(long next, long value) {
    Memory.store64(address, next);
    Memory.store64(address + 8, value);
  }
}
