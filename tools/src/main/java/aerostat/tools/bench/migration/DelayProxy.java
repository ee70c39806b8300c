package aerostat.tools.bench.migration;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Stands for a long way: passes bytes on to a local port, each after half of a round trip. */
final class DelayProxy implements AutoCloseable {
  private static final int PIECE = 64 << 10;

  /** Pieces under way, so that the bandwidth is not limited by the delay. */
  private static final int UNDER_WAY = 4096;

  private record Piece(byte[] bytes, int length, long due) {}

  private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final List<Socket> sockets = new ArrayList<>();
  private final int target;
  private final long oneWayNanos;

  DelayProxy(int target, int roundTripMillis) throws IOException {
    this.target = target;
    this.oneWayNanos = TimeUnit.MILLISECONDS.toNanos(roundTripMillis) / 2;
    daemon("delay-accept", this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        Socket near = server.accept();
        Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
        near.setTcpNoDelay(true);
        far.setTcpNoDelay(true);
        synchronized (sockets) {
          sockets.add(near);
          sockets.add(far);
        }
        pass(near, far);
        pass(far, near);
      }
    } catch (IOException closed) {
      // So ends every proxy.
    }
  }

  private void pass(Socket from, Socket to) {
    BlockingQueue<Piece> way = new ArrayBlockingQueue<>(UNDER_WAY);
    daemon(
        "delay-in",
        () -> {
          try {
            int count;
            do {
              byte[] bytes = new byte[PIECE];
              count = from.getInputStream().read(bytes);
              way.put(new Piece(bytes, count, System.nanoTime() + oneWayNanos));
            } while (count > 0);
          } catch (IOException | InterruptedException e) {
            end(way);
          }
        });
    daemon(
        "delay-out",
        () -> {
          try (to) {
            for (Piece piece = way.take(); piece.length() > 0; piece = way.take()) {
              for (long left = piece.due() - System.nanoTime();
                  left > 0;
                  left = piece.due() - System.nanoTime()) {
                LockSupport.parkNanos(left);
              }
              to.getOutputStream().write(piece.bytes(), 0, piece.length());
            }
          } catch (IOException | InterruptedException e) {
            way.clear();
          }
        });
  }

  private static void end(BlockingQueue<Piece> way) {
    if (!way.offer(new Piece(new byte[0], 0, 0))) {
      way.clear();
    }
  }

  private static void daemon(String name, Runnable work) {
    Thread.ofPlatform().daemon().name(name).start(work);
  }

  @Override
  public void close() throws IOException {
    server.close();
    synchronized (sockets) {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }
}
