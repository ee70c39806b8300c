package aerostat.guest.shapes;

import static aerostat.guest.shapes.Operands.stop;

/** Typed pointers. */
final class Pointers {
  private Pointers() {}

  static long list(long scratch, int n) {
    Node head = null;
    for (int i = 0; i < n + 300; i++) {
      Node fresh = new Node(scratch + (long) i * Node.SIZE).withValue(i * 7L);
      fresh.setNext(head);
      head = fresh;
    }
    long r = 0;
    for (Node p = head; p != null; p = p.next()) {
      r = r * 31 + p.value();
    }
    return r;
  }

  private static long place(long scratch, int i) {
    return stop(scratch + (long) i * Node.SIZE);
  }

  private static Node make(long scratch, int i) {
    stop();
    return new Node(place(scratch, i)).withValue(i);
  }

  static long created(long scratch, int n) {
    Node a = new Node(n > 3 ? place(scratch, 1) : place(scratch, 2));
    a.withValue(stop(5L)).setNext(new Node(stop(place(scratch, 3))));
    new Node(place(scratch, 7));
    return 2
            * new Node(place(scratch, stop(4)))
                .withValue(stop(9L))
                .combine(stop(n), make(scratch, 5), stop(2.5))
        + make(scratch, 6).combine(1, make(scratch, 8), 1.0)
        + (a.next().address() - scratch);
  }

  static long stackForms(long scratch, int n) {
    Node a;
    Node b;
    Node c = b = a = make(scratch, n % 50);
    Node last = a;
    c.setNext(make(scratch, 60));
    int steps = 0;
    while ((b = last.next()) != null && stop(++steps) < 9) {
      last = b;
      b.setNext(steps < 5 ? make(scratch, 60 + steps) : null);
    }
    return pick(n > 4 ? a : last, c).value() * 3 + steps + last.address() - scratch;
  }

  private static Node pick(Node a, Node b) {
    stop();
    return a.value() > 20 ? a : b;
  }

  private static Node none() {
    stop();
    return null;
  }

  static long nulls(long scratch, int n) {
    Node p = n % 2 == 0 ? none() : make(scratch, 1);
    long r = p == null ? 1 : 2;
    if (null != p && p.value() == 1) {
      r += 10;
    }
    Node q = p != null ? p : make(scratch, 2);
    boolean both = p == null | q != null;
    return r + q.value() + (both ? 100 : 0);
  }
}
