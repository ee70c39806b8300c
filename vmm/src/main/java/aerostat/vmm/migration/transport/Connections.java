package aerostat.vmm.migration.transport;

import java.io.IOException;
import java.util.function.BooleanSupplier;

/**
 * How the connections of migrations come about: sockets, TLS over them, or memory with planned
 * faults. Thread-safe.
 */
public interface Connections {
  /**
   * Connects, in at most the given time; gives up early with {@link Transport.StoppedException}
   * when the condition holds.
   *
   * @throws IOException with the address and the reason
   */
  Transport connect(MigrationAddress address, long timeoutNanos, BooleanSupplier stop)
      throws IOException;

  /**
   * Listens.
   *
   * @throws IOException with the address and the reason
   */
  Listening listen(MigrationAddress wanted) throws IOException;

  /** A place where sources connect. */
  interface Listening extends AutoCloseable {
    /** Where it listens: port 0 is resolved. */
    MigrationAddress address();

    /**
     * Waits for the next connection; what the peer has to say first is not waited for.
     *
     * @throws java.nio.channels.ClosedChannelException after {@link #close}
     */
    Transport accept() throws IOException;

    /** Ends a wait in {@link #accept}. */
    @Override
    void close() throws IOException;
  }
}
