package aerostat.vmm.migration.transport;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import jdk.net.ExtendedSocketOptions;

/**
 * A TCP or UNIX connection: non-blocking underneath, so that every wait can be bounded and ended.
 */
final class SocketTransport implements Transport {
  private static final int SOCKET_BUFFER = 1 << 20;
  private static final int KEEP_ALIVE_SECONDS = 5;

  private final SocketChannel channel;
  private final Selector selector;
  private volatile long patience;
  private volatile BooleanSupplier stop = () -> false;

  SocketTransport(SocketChannel channel) throws IOException {
    this.channel = channel;
    this.selector = Selector.open();
    try {
      channel.configureBlocking(false);
      tune(channel);
      channel.register(selector, 0);
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  /**
   * Connects, in at most the given time.
   *
   * @throws IOException with the address and the reason
   */
  static SocketTransport connect(MigrationAddress address, long timeoutNanos, BooleanSupplier stop)
      throws IOException {
    SocketAddress target = address.target();
    SocketChannel channel = SocketChannel.open(address.family());
    try (Selector selector = Selector.open()) {
      channel.configureBlocking(false);
      if (!channel.connect(target)) {
        channel.register(selector, SelectionKey.OP_CONNECT);
        long deadline = System.nanoTime() + timeoutNanos;
        while (!channel.finishConnect()) {
          long left = deadline - System.nanoTime();
          if (stop.getAsBoolean()) {
            throw new StoppedException();
          }
          if (left <= 0) {
            throw new IOException("no answer in " + seconds(timeoutNanos) + " s");
          }
          selector.select(Math.clamp(TimeUnit.NANOSECONDS.toMillis(left), 1, 100));
        }
      }
    } catch (StoppedException e) {
      channel.close();
      throw e;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw new IOException("cannot connect to " + address + ": " + e.getMessage(), e);
    }
    return new SocketTransport(channel);
  }

  @Override
  public void write(ByteBuffer[] buffers, int count) throws IOException {
    int at = 0;
    while (true) {
      while (at < count && !buffers[at].hasRemaining()) {
        at++;
      }
      if (at == count) {
        return;
      }
      if (channel.write(buffers, at, count - at) == 0) {
        block(SelectionKey.OP_WRITE);
      }
    }
  }

  @Override
  public void read(ByteBuffer into) throws IOException {
    while (into.hasRemaining()) {
      int count = channel.read(into);
      if (count < 0) {
        throw new EOFException("the peer closed the connection");
      }
      if (count == 0) {
        block(SelectionKey.OP_READ);
      }
    }
  }

  @Override
  public boolean awaitReadable(long timeoutNanos) throws IOException {
    return select(SelectionKey.OP_READ, timeoutNanos);
  }

  @Override
  public void patience(long nanos) {
    patience = nanos;
  }

  @Override
  public void stopWhen(BooleanSupplier condition) {
    stop = condition;
  }

  @Override
  public void wake() {
    selector.wakeup();
  }

  @Override
  public void close() {
    try (Selector s = selector;
        SocketChannel c = channel) {
      // Closed in the reverse order; a thread in select wakes up.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until the channel may go on; each call stands for one pause without any progress. */
  private void block(int operation) throws IOException {
    long limit = patience;
    long deadline = System.nanoTime() + limit;
    while (true) {
      if (stop.getAsBoolean()) {
        throw new StoppedException();
      }
      long left = limit == 0 ? 0 : deadline - System.nanoTime();
      if (limit != 0 && left <= 0) {
        throw new IOException("the peer made no progress for " + seconds(limit) + " s");
      }
      if (select(operation, left)) {
        return;
      }
    }
  }

  private boolean select(int operation, long timeoutNanos) throws IOException {
    try {
      SelectionKey key = channel.keyFor(selector);
      if (key == null || !key.isValid()) {
        throw new IOException("the connection is closed");
      }
      key.interestOps(operation);
      selector.selectedKeys().clear();
      int ready =
          timeoutNanos == 0
              ? selector.select()
              : timeoutNanos < 0
                  ? selector.selectNow()
                  : selector.select(Math.max(1, TimeUnit.NANOSECONDS.toMillis(timeoutNanos)));
      if (!selector.isOpen()) {
        throw new IOException("the connection is closed");
      }
      return ready > 0;
    } catch (ClosedSelectorException | java.nio.channels.CancelledKeyException e) {
      throw new IOException("the connection is closed", e);
    }
  }

  private static void tune(SocketChannel channel) throws IOException {
    for (var option : channel.supportedOptions()) {
      if (option.equals(StandardSocketOptions.TCP_NODELAY)) {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      } else if (option.equals(StandardSocketOptions.SO_KEEPALIVE)) {
        // A half-open peer only breaks the connection; the handover decides by itself.
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
      } else if (option.equals(ExtendedSocketOptions.TCP_KEEPIDLE)) {
        channel.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, KEEP_ALIVE_SECONDS);
      } else if (option.equals(ExtendedSocketOptions.TCP_KEEPINTERVAL)) {
        channel.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, KEEP_ALIVE_SECONDS);
      } else if (option.equals(ExtendedSocketOptions.TCP_KEEPCOUNT)) {
        channel.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, 3);
      } else if (option.equals(StandardSocketOptions.SO_SNDBUF)) {
        channel.setOption(StandardSocketOptions.SO_SNDBUF, SOCKET_BUFFER);
      } else if (option.equals(StandardSocketOptions.SO_RCVBUF)) {
        channel.setOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER);
      }
    }
  }

  private static long seconds(long nanos) {
    return TimeUnit.NANOSECONDS.toSeconds(nanos);
  }
}
