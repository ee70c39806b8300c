package aerostat.vmm.migration.transport;

import java.io.EOFException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.BooleanSupplier;

/**
 * One end of a byte stream inside the process, for one thread that plays both sides in turn: what
 * is written waits in memory until the other end reads it; a read beyond that is the stream's end.
 */
public class MemoryTransport implements Transport {
  /** A growing queue of bytes. */
  public static final class Pipe {
    private byte[] bytes = new byte[1 << 16];
    private int head;
    private int tail;

    /** A pipe that holds a recorded stream. */
    public static Pipe of(byte[] recorded) {
      Pipe pipe = new Pipe();
      pipe.put(ByteBuffer.wrap(recorded));
      return pipe;
    }

    void put(ByteBuffer from) {
      int count = from.remaining();
      if (head == tail) {
        head = 0;
        tail = 0;
      }
      if (tail + count > bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, Math.addExact(tail, count)));
      }
      from.get(bytes, tail, count);
      tail += count;
    }

    int available() {
      return tail - head;
    }

    /** Everything not read yet. */
    public byte[] pending() {
      return Arrays.copyOfRange(bytes, head, tail);
    }
  }

  private final Pipe in;
  private final Pipe out;

  public MemoryTransport(Pipe in, Pipe out) {
    this.in = in;
    this.out = out;
  }

  @Override
  public void write(ByteBuffer[] buffers, int count) {
    for (int i = 0; i < count; i++) {
      out.put(buffers[i]);
    }
  }

  @Override
  public void read(ByteBuffer into) throws EOFException {
    int count = into.remaining();
    if (count > in.available()) {
      throw new EOFException("the stream ends");
    }
    into.put(in.bytes, in.head, count);
    in.head += count;
  }

  @Override
  public boolean awaitReadable(long timeoutNanos) {
    return timeoutNanos >= 0 || in.available() > 0;
  }

  @Override
  public void patience(long nanos) {}

  @Override
  public void stopWhen(BooleanSupplier condition) {}

  @Override
  public void wake() {}

  @Override
  public void close() {}
}
