package aerostat.vmm.migration.snapshot;

import java.io.IOException;

/** A file is no snapshot, or not a sound one; the message names what is wrong. */
public final class SnapshotException extends IOException {
  private static final long serialVersionUID = 1L;

  public SnapshotException(String message) {
    super(message);
  }
}
