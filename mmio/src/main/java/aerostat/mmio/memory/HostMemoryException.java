package aerostat.mmio.memory;

/** The host refused a memory call; the message names the call, what it was for and the reason. */
public final class HostMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int errno;

  HostMemoryException(String what, int errno) {
    super(what + ": " + Libc.describe(errno));
    this.errno = errno;
  }

  /** The host's error number. */
  public int errno() {
    return errno;
  }
}
