package aerostat.vmm.migration.wire;

import java.io.IOException;

/** The other side understood and said no; the message is its reason. */
public final class MigrationRefusedException extends IOException {
  private static final long serialVersionUID = 1L;

  public MigrationRefusedException(String message) {
    super(message);
  }
}
