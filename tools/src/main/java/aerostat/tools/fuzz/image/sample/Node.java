package aerostat.tools.fuzz.image.sample;

import aerostat.guest.machine.Memory;

/** A list node: +0 next, +8 value. */
public record Node(long address) {
  Node next() {
    return new Node(Memory.load64(address));
  }

  long value() {
    return Memory.load64(address + 8);
  }

  Node set(long next, long value) {
    Memory.store64(address, next);
    Memory.store64(address + 8, value);
    return this;
  }
}
