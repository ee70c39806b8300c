package aerostat.vmm.monitor;

import aerostat.vmm.net.StaleSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** One listening socket of a monitor. Closing it takes a UNIX socket's file away. */
public final class QmpServer implements AutoCloseable {
  private static final long ACCEPT_PAUSE = TimeUnit.MILLISECONDS.toNanos(200);

  private final Monitor monitor;
  private final ServerSocketChannel server;
  private final Endpoint endpoint;
  private final @Nullable Object fileKey;

  private QmpServer(
      Monitor monitor, ServerSocketChannel server, Endpoint endpoint, @Nullable Object fileKey) {
    this.monitor = monitor;
    this.server = server;
    this.endpoint = endpoint;
    this.fileKey = fileKey;
  }

  /** Binds and starts to accept; an IOException says what is in the way. */
  static QmpServer listen(Monitor monitor, Endpoint wanted) throws IOException {
    QmpServer server =
        switch (wanted) {
          case Endpoint.Unix unix -> listenUnix(monitor, unix);
          case Endpoint.Tcp tcp -> listenTcp(monitor, tcp);
        };
    Thread.ofPlatform().daemon().name("qmp-accept").start(server::acceptLoop);
    return server;
  }

  /** Where it listens: the port in use if 0 was asked for. */
  public Endpoint endpoint() {
    return endpoint;
  }

  private static QmpServer listenTcp(Monitor monitor, Endpoint.Tcp tcp) throws IOException {
    InetSocketAddress address = (InetSocketAddress) tcp.socketAddress();
    InetAddress host = address.getAddress();
    if (host == null) {
      throw new IOException(tcp + ": the host name cannot be resolved");
    }
    ServerSocketChannel server = ServerSocketChannel.open();
    try {
      server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      server.bind(address);
    } catch (IOException e) {
      server.close();
      throw new IOException("cannot listen on " + tcp + ": " + e.getMessage(), e);
    }
    if (!host.isLoopbackAddress()) {
      LoggerFactory.getLogger(QmpServer.class)
          .warn("{} lets whoever reaches it control this VM; QMP has no password", tcp);
    }
    int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
    return new QmpServer(monitor, server, new Endpoint.Tcp(tcp.host(), port), null);
  }

  private static QmpServer listenUnix(Monitor monitor, Endpoint.Unix unix) throws IOException {
    StaleSocket.remove(unix.path());
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      server.bind(unix.socketAddress());
      Files.setPosixFilePermissions(unix.path(), PosixFilePermissions.fromString("rw-------"));
      return new QmpServer(monitor, server, unix, fileKey(unix.path()));
    } catch (IOException e) {
      server.close();
      Path folder = unix.path().toAbsolutePath().getParent();
      String reason =
          folder != null && !Files.isDirectory(folder)
              ? "there is no folder " + folder
              : e.getMessage();
      throw new IOException("cannot listen on " + unix + ": " + reason, e);
    }
  }

  private static @Nullable Object fileKey(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
  }

  private void acceptLoop() {
    while (server.isOpen()) {
      try {
        monitor.admit(server.accept());
      } catch (IOException | OutOfMemoryError e) {
        if (server.isOpen()) {
          LoggerFactory.getLogger(QmpServer.class).warn("{}: accept: {}", endpoint, e.getMessage());
          // Out of file descriptors or threads, perhaps: at once it would fail again, and fill the
          // log.
          LockSupport.parkNanos(ACCEPT_PAUSE);
        }
      }
    }
  }

  @Override
  public void close() {
    try {
      server.close();
      // Another process may have put a socket of its own there since.
      if (endpoint instanceof Endpoint.Unix unix
          && fileKey != null
          && Files.exists(unix.path())
          && fileKey.equals(fileKey(unix.path()))) {
        Files.deleteIfExists(unix.path());
      }
    } catch (IOException e) {
      LoggerFactory.getLogger(QmpServer.class).warn("{}: close: {}", endpoint, e.getMessage());
    }
  }
}
