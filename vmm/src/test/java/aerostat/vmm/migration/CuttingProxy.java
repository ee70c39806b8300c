package aerostat.vmm.migration;

import aerostat.vmm.migration.transport.MigrationAddress;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.WireHeader;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/**
 * Stands between source and destination, reads messages, and cuts the connection at a chosen one.
 */
final class CuttingProxy implements AutoCloseable {
  private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final int target;
  private final MessageType at;
  private final boolean forwardFirst;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  final CountDownLatch cut = new CountDownLatch(1);
  private volatile boolean refuseLater;

  /**
   * @param forwardFirst whether the message still arrives before the cut
   * @param refuseLater whether connections after the cut are dropped at once
   */
  CuttingProxy(String target, MessageType at, boolean forwardFirst, boolean refuseLater)
      throws IOException {
    this.target = MigrationAddress.parse(target).port();
    this.at = at;
    this.forwardFirst = forwardFirst;
    this.refuseLater = refuseLater;
    daemon(this::accept);
  }

  String address() {
    return "tcp:127.0.0.1:" + server.getLocalPort();
  }

  /** Later connections go through from now on. */
  void heal() {
    refuseLater = false;
  }

  private void accept() {
    try {
      while (true) {
        Socket in = server.accept();
        if (cut.getCount() == 0 && refuseLater) {
          in.close();
          continue;
        }
        Socket out = new Socket(InetAddress.getLoopbackAddress(), target);
        open.add(in);
        open.add(out);
        daemon(() -> pump(in, out));
        daemon(() -> pump(out, in));
      }
    } catch (IOException closed) {
      // The test ends.
    }
  }

  private void pump(Socket from, Socket to) {
    try (from;
        to) {
      DataInputStream in = new DataInputStream(from.getInputStream());
      OutputStream out = to.getOutputStream();
      while (true) {
        byte[] head = new byte[WireHeader.BYTES];
        in.readFully(head);
        ByteBuffer view = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
        byte[] rest = new byte[view.getInt(16) + view.getInt(20)];
        in.readFully(rest);
        boolean now = head[6] == at.number() && cut.getCount() > 0;
        if (!now || forwardFirst) {
          out.write(head);
          out.write(rest);
        }
        if (now) {
          cut.countDown();
          return;
        }
      }
    } catch (IOException ended) {
      // One side left, or the cut closed both.
    }
  }

  private static void daemon(Runnable work) {
    Thread thread = new Thread(work, "proxy");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
