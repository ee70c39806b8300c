package aerostat.vmm.cpu;

/**
 * The guest did something that ends it: it panics with a backtrace, the VMM goes on. The message is
 * the first line of the oops.
 */
public final class GuestFault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public GuestFault(String message) {
    super(message);
  }

  public GuestFault(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * An access that no RAM, or no writable RAM, backs.
   *
   * @param access "load", "store", …
   * @param length bytes
   */
  public static GuestFault address(String access, long address, long length) {
    return new GuestFault(
        (address >= 0 && address < 4096
                ? "Unable to handle null pointer dereference"
                : "Unable to handle guest access")
            + " at address 0x"
            + Long.toHexString(address)
            + " ("
            + access
            + " of "
            + length
            + (length == 1 ? " byte)" : " bytes)"));
  }
}
