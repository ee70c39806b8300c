package aerostat.vmm.migration;

import java.io.IOException;

/** The other side understood and said no; the message is its reason. */
final class MigrationRefusedException extends IOException {
  private static final long serialVersionUID = 1L;

  MigrationRefusedException(String message) {
    super(message);
  }
}
