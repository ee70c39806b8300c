package aerostat.guest.shapes;

import static aerostat.guest.shapes.Operands.stop;

import aerostat.guest.machine.Memory;
import aerostat.guest.machine.Ops;

/** Calls through ops interfaces. */
final class OpsShapes {
  private OpsShapes() {}

  interface Shape {
    long area(int a, Node n);

    default long twice(int a, Node n) {
      return area(a, n) + stop(area(a + 1, n));
    }
  }

  interface Solid extends Shape {
    int height();

    @Override
    default long twice(int a, Node n) {
      return height() * Shape.super.twice(a, n);
    }

    static long volume(Solid s, Node n) {
      return s.area(1, n) * s.height();
    }
  }

  interface Fold {
    long fold(long a, int b, double c);
  }

  interface Visitor {
    void visit(Node n);
  }

  interface First {
    default int rank() {
      return 1;
    }
  }

  interface Second extends First {
    @Override
    default int rank() {
      return stop(2);
    }
  }

  /** Names the interface first whose default method the other one overrides. */
  record Ranked() implements First, Second {}

  record Square() implements Shape {
    @Override
    public long area(int a, Node n) {
      return (long) a * a + n.value();
    }
  }

  record Slow() implements Shape {
    @Override
    public long area(int a, Node n) {
      stop();
      return stop(a) * 3 + n.value();
    }

    @Override
    public long twice(int a, Node n) {
      return own(a) + stop(1L);
    }

    private long own(int a) {
      return stop(a + 5L);
    }
  }

  record Cube() implements Solid {
    @Override
    public long area(int a, Node n) {
      return 6L * a + stop(n.value());
    }

    @Override
    public int height() {
      return stop(4);
    }
  }

  static long records(long scratch, int n) {
    Node node = new Node(scratch).withValue(n);
    Memory.store64(scratch + 64, Ops.id(new Square()));
    Memory.store64(scratch + 72, Ops.id(new Slow()));
    Memory.store64(scratch + 80, Ops.id(new Cube()));
    long r = 0;
    for (int i = 0; i < 9; i++) {
      Shape s = Ops.of(Memory.load64(scratch + 64 + 8L * (i % 3)));
      r = r * 31 + s.area(i, node) + s.twice(stop(i), node);
    }
    Cube cube = new Cube();
    First first = new Ranked();
    return r
        + 1000L * new Ranked().rank()
        + first.rank()
        + Solid.volume(cube, node)
        + cube.twice(2, node)
        + cube.area(1, node);
  }

  private static long plus(long a, int b, double c) {
    return a + b + (long) c;
  }

  private static int mark(Node n) {
    n.withValue(n.value() + stop(1));
    return 1;
  }

  static long lambdas(int n) {
    Fold times = (a, b, c) -> a * stop(b) - (long) c;
    Fold plus = OpsShapes::plus;
    Fold f = n % 2 == 0 ? times : plus;
    return f.fold(stop(5L), n, stop(2.5)) + plus.fold(1, 2, 3) + apply((a, b, c) -> stop(b), n);
  }

  private static long apply(Fold f, int n) {
    long r = 0;
    for (int i = 0; i < n % 5 + 2; i++) {
      r += f.fold(r, i, 1.5);
    }
    return r;
  }

  static long defaults(int n) {
    Node node = new Node(0x4100_0000L).withValue(n);
    Shape s = (a, p) -> stop(a) + p.value();
    Visitor v = OpsShapes::mark;
    v.visit(node);
    Visitor w = n > 3 ? Node::next : v;
    w.visit(node.withValue(node.value() + 1));
    return s.twice(3, node) + node.value();
  }
}
