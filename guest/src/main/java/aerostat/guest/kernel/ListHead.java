package aerostat.guest.kernel;

import aerostat.guest.machine.Memory;

/**
 * A doubly linked list's head or link (linux/list.h): next at +0, previous at +8. A list must be
 * initialised before use; a link that was never on a list may be all zero.
 */
public record ListHead(long address) {
  /** Bytes. */
  public static final int SIZE = 16;

  private static final long POISON1 = 0x100;
  private static final long POISON2 = 0x122;

  /** INIT_LIST_HEAD: empty. */
  public void init() {
    Memory.store64(address, address);
    Memory.store64(address + 8, address);
  }

  public ListHead next() {
    return new ListHead(Memory.load64(address));
  }

  public ListHead prev() {
    return new ListHead(Memory.load64(address + 8));
  }

  /** list_empty. */
  public boolean isEmpty() {
    return Memory.load64(address) == address;
  }

  /** Whether {@code entry} is this very head, that is, a walk is over. */
  public boolean is(ListHead entry) {
    return entry.address() == address;
  }

  /** list_add: right after this head. */
  public void add(ListHead entry) {
    insert(entry.address(), address, Memory.load64(address));
  }

  /** list_add_tail: right before this head. */
  public void addTail(ListHead entry) {
    insert(entry.address(), Memory.load64(address + 8), address);
  }

  private static void insert(long entry, long prev, long next) {
    Memory.store64(next + 8, entry);
    Memory.store64(entry, next);
    Memory.store64(entry + 8, prev);
    Memory.store64(prev, entry);
  }

  /** list_del: takes this entry off its list and leaves poison, so that a second time faults. */
  public void del() {
    unlink();
    Memory.store64(address, POISON1);
    Memory.store64(address + 8, POISON2);
  }

  /** __list_del_entry: takes this entry off its list and leaves its links as they are. */
  public void delEntry() {
    unlink();
  }

  /** list_rotate_to_front: this head's list begins with {@code entry}, which is on it, now. */
  public void rotateToFront(ListHead entry) {
    unlink();
    entry.addTail(this);
  }

  /** list_del_init: takes this entry off its list; it is an empty list then. */
  public void delInit() {
    unlink();
    init();
  }

  private void unlink() {
    long next = Memory.load64(address);
    long prev = Memory.load64(address + 8);
    Memory.store64(next + 8, prev);
    Memory.store64(prev, next);
  }

  /** list_move: off its list and right after the head of {@code list}. */
  public void moveTo(ListHead list) {
    unlink();
    list.add(this);
  }

  /** list_splice_init: all entries of {@code other} go to the front of this list. */
  public void spliceInit(ListHead other) {
    if (other.isEmpty()) {
      return;
    }
    long first = Memory.load64(other.address());
    long last = Memory.load64(other.address() + 8);
    long at = Memory.load64(address);
    Memory.store64(first + 8, address);
    Memory.store64(address, first);
    Memory.store64(last, at);
    Memory.store64(at + 8, last);
    other.init();
  }
}
