package aerostat.vmm.migration.wire;

import java.io.IOException;

/**
 * A migration stream that breaks the protocol: wrong magic, length, order, checksum or value. The
 * message names what was expected and what came; nothing was done with the offending bytes.
 */
public final class MigrationStreamException extends IOException {
  private static final long serialVersionUID = 1L;

  public MigrationStreamException(String message) {
    super(message);
  }
}
