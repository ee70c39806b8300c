package aerostat.guest.machine;

import aerostat.guest.plain.PlainMachine;

/**
 * References to code that can lie in guest memory. An ops interface is an interface whose
 * implementations are records without components, or captureless lambdas and method references; a
 * reference to one is a stable number of the image, never 0.
 */
public final class Ops {
  private Ops() {}

  /** The number of an implementation, to be stored in guest memory; 0 for null. */
  @Intrinsic
  public static long id(Object implementation) {
    return PlainMachine.opsId(implementation);
  }

  /** The implementation with this number, null for 0. A wrong number faults when it is called. */
  @Intrinsic
  @SuppressWarnings("TypeParameterUnusedInFormals") // the caller names the type, as a C cast does
  public static <T> T of(long id) {
    return PlainMachine.opsOf(id);
  }
}
