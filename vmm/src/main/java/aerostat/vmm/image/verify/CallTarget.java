package aerostat.vmm.image.verify;

import aerostat.vmm.image.IntrinsicTable;

/** What a method call in guest code comes to. */
public sealed interface CallTarget {
  /** Nothing is left of the call: its only operand is its result. */
  record Identity() implements CallTarget {}

  /** The machine does it. */
  record Machine(IntrinsicTable.Intrinsic intrinsic) implements CallTarget {}

  /** An allowed JDK method, under the name that is called instead. */
  record Pure(String owner, String name, String descriptor) implements CallTarget {}

  /** This method, static or with its receiver as the first argument. */
  record Direct(GuestMethod method) implements CallTarget {}

  /** Whichever implementation the receiver's number names. */
  record Dispatch(GuestClass ops, String name, String descriptor) implements CallTarget {}

  /** The end of {@code new} of an ops record: its number. */
  record NewOps(GuestClass record) implements CallTarget {}
}
