package aerostat.guest.shapes;

/** All shapes by number. */
public final class Shapes {
  private Shapes() {}

  public static final int COUNT = 41;

  /** Of a machine with 32 MiB. */
  private static final long RAM_END = 0x4200_0000L;

  /** Runs one shape; {@code scratch} is the begin of 1 MiB of RAM that it may use. */
  public static long run(int which, int argument, long scratch) {
    return switch (which) {
      case 0 -> Operands.ints(argument);
      case 1 -> Operands.longs(argument);
      case 2 -> Operands.floats(argument);
      case 3 -> Operands.mixed(argument);
      case 4 -> Operands.shortTypes(argument);
      case 5 -> Operands.nestedCalls(argument);
      case 6 -> Operands.manyArguments(argument);
      case 7 -> Operands.compound(argument);
      case 8 -> Control.ternaries(argument);
      case 9 -> Control.switches(argument);
      case 10 -> Control.earlyReturns(argument);
      case 11 -> Control.nestedLoops(argument);
      case 12 -> Control.labels(argument);
      case 13 -> Control.doWhile(argument);
      case 14 -> Control.constantLoops(argument);
      case 15 -> Control.shortCircuit(argument);
      case 16 -> Counted.up(argument);
      case 17 -> Counted.down(argument);
      case 18 -> Counted.steps(argument);
      case 19 -> Counted.edges(argument);
      case 20 -> Counted.longs(argument);
      case 21 -> Counted.stepInBody(argument);
      case 22 -> Counted.bounds(argument);
      case 23 -> Recursion.fibonacci(argument % 12);
      case 24 -> Recursion.even(argument) ? 1 : 0;
      case 25 -> Recursion.ackermann(2, argument % 4);
      case 26 -> Recursion.throughOps(argument);
      case 27 -> Pointers.list(scratch, argument);
      case 28 -> Pointers.created(scratch, argument);
      case 29 -> Pointers.stackForms(scratch, argument);
      case 30 -> Pointers.nulls(scratch, argument);
      case 31 -> OpsShapes.records(scratch, argument);
      case 32 -> OpsShapes.lambdas(argument);
      case 33 -> OpsShapes.defaults(argument);
      case 34 -> Blocks.blocks(scratch, argument);
      case 35 -> Blocks.strings(argument);
      case 36 -> Stores.forward(scratch, argument);
      case 37 -> Stores.backward(scratch, argument);
      case 38 -> Stores.strides(scratch, argument);
      case 39 -> Stores.others(scratch, argument);
      case 40 -> Stores.nested(scratch, argument);
      // These end in a fault; they stand beyond COUNT.
      case 41 -> Stores.beyond(RAM_END);
      default -> Stores.beyondByLoad(RAM_END, scratch);
    };
  }
}
