package aerostat.mmio.memory;

/** SKELETON (owner: mmio-memory). Who owns each page: one state byte a page. */
public final class PageOwners {
  /** The guest's; the default. */
  public static final byte GUEST = 0;

  /** In the balloon (inflated, acknowledged). */
  public static final byte BALLOON = 1;

  /** Hinted free under the current hinting command, not yet given back by DONE. */
  public static final byte HINTED = 2;

  /** Reported free by free page reporting and untouched since. */
  public static final byte REPORTED = 3;

  public byte get(long gpa) {
    throw new UnsupportedOperationException();
  }

  public void set(long gpa, long length, byte owner) {
    throw new UnsupportedOperationException();
  }

  /** Pages in each state, indexed by the constants above. */
  public long[] counts() {
    throw new UnsupportedOperationException();
  }
}
