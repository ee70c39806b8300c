package aerostat.vmm.migration.transport;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;

/**
 * A two-way byte stream, used by one thread at a time; {@link #wake} and {@link #close} may come
 * from others.
 */
public interface Transport extends AutoCloseable {
  /**
   * Writes all remaining bytes of the first {@code count} buffers, or throws.
   *
   * @throws IOException if the peer is gone, made no progress for the patience, or the stop
   *     condition holds
   */
  void write(ByteBuffer[] buffers, int count) throws IOException;

  /**
   * Fills the buffer.
   *
   * @throws EOFException if the stream ends first
   */
  void read(ByteBuffer into) throws IOException;

  /**
   * Waits for something to read, the end of the stream included.
   *
   * @param timeoutNanos 0: no limit; negative: only looks
   * @return false after the time or a {@link #wake}
   */
  boolean awaitReadable(long timeoutNanos) throws IOException;

  /**
   * How long a read or write may stand still; 0, the default: for ever, as the handover demands.
   */
  void patience(long nanos);

  /** A read or write that waits gives up with {@link StoppedException} while this is true. */
  void stopWhen(BooleanSupplier condition);

  /** Ends a wait now, so that conditions are looked at. */
  void wake();

  @Override
  void close();

  /** The wait was given up on this side's own wish. */
  final class StoppedException extends IOException {
    private static final long serialVersionUID = 1L;

    public StoppedException() {
      super("migration cancelled");
    }
  }
}
