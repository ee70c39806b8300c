package aerostat.guest.shapes;

import aerostat.guest.machine.Memory;

/** A list node in RAM: +0 next, +8 value. */
public record Node(long address) {
  public static final int SIZE = 16;
  private static final int VALUE = 8;

  public static Node at(long address) {
    return address == 0 ? null : new Node(address);
  }

  public Node next() {
    return at(Memory.load64(address));
  }

  public void setNext(Node next) {
    Memory.store64(address, next == null ? 0 : next.address);
  }

  public long value() {
    return Memory.load64(address + VALUE);
  }

  public Node withValue(long value) {
    Memory.store64(address + VALUE, value);
    return this;
  }

  /** Pointers among other arguments, from an instance method. */
  public long combine(int a, Node other, double b) {
    return value() * a + other.value() + (long) b;
  }
}
