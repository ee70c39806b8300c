package aerostat.guest.plain;

/** A device of the plain machine; offsets count from its first register. */
public interface PlainDevice {
  /** Value of a register, zero-extended. */
  long read(long offset, int width);

  /** The guest's write to a register. */
  void write(long offset, int width, long value);

  /** Called when the guest sleeps; true when the device did some work or raised a line. */
  default boolean idle() {
    return false;
  }
}
