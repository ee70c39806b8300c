package aerostat.vmm.migration;

import aerostat.vmm.migration.transport.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;

/** A way that passes everything on; tests override what they watch. */
class PassingTransport implements Transport {
  private final Transport plain;

  PassingTransport(Transport plain) {
    this.plain = plain;
  }

  @Override
  public void write(ByteBuffer[] buffers, int count) throws IOException {
    plain.write(buffers, count);
  }

  @Override
  public void read(ByteBuffer into) throws IOException {
    plain.read(into);
  }

  @Override
  public boolean awaitReadable(long timeoutNanos) throws IOException {
    return plain.awaitReadable(timeoutNanos);
  }

  @Override
  public void patience(long nanos) {
    plain.patience(nanos);
  }

  @Override
  public void stopWhen(BooleanSupplier condition) {
    plain.stopWhen(condition);
  }

  @Override
  public void wake() {
    plain.wake();
  }

  @Override
  public void close() {
    plain.close();
  }
}
