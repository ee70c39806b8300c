package aerostat.vmm.migration.transport;

import aerostat.vmm.net.StaleSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Where a migration goes to or comes from, in QEMU's notation: {@code tcp:host:port}, {@code
 * tcp:[v6]:port} or {@code unix:path}.
 *
 * @param path of the socket; empty for TCP
 * @param host name or number without brackets; empty: every address when listening, the loopback
 *     when connecting
 * @param port 0 to 65535; 0 only to listen, where the system chooses one
 */
public record MigrationAddress(String path, String host, int port) {
  private static final int MAX_UNIX_PATH = 107;

  /**
   * Takes an address apart.
   *
   * @throws IllegalArgumentException that says what is wrong with it
   */
  public static MigrationAddress parse(String uri) {
    if (uri.startsWith("unix:")) {
      String path = uri.substring("unix:".length());
      if (path.isEmpty() || path.length() > MAX_UNIX_PATH) {
        throw new IllegalArgumentException(
            "'" + uri + "': a socket path has 1 to " + MAX_UNIX_PATH + " characters");
      }
      try {
        var unused = Path.of(path);
      } catch (InvalidPathException e) {
        throw new IllegalArgumentException("'" + uri + "': " + e.getReason(), e);
      }
      return new MigrationAddress(path, "", 0);
    }
    if (!uri.startsWith("tcp:")) {
      throw new IllegalArgumentException(
          "'" + uri + "': need tcp:host:port, tcp:[address]:port or unix:path");
    }
    String rest = uri.substring("tcp:".length());
    int colon = rest.lastIndexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException("'" + uri + "': the port is missing");
    }
    String host = rest.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw new IllegalArgumentException("'" + uri + "': an IPv6 address needs brackets");
    }
    return new MigrationAddress("", host, port(uri, rest.substring(colon + 1)));
  }

  private static int port(String uri, String text) {
    try {
      int port = Integer.parseInt(text);
      if (port >= 0 && port <= 65535) {
        return port;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw new IllegalArgumentException("'" + uri + "': '" + text + "' is no port");
  }

  public boolean unix() {
    return !path.isEmpty();
  }

  ProtocolFamily family() {
    return unix()
        ? StandardProtocolFamily.UNIX
        : host.indexOf(':') >= 0 ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET;
  }

  /** The address to connect to. */
  SocketAddress target() throws IOException {
    if (unix()) {
      return UnixDomainSocketAddress.of(path);
    }
    if (port == 0) {
      throw new IOException("port 0 is for listening only");
    }
    return new InetSocketAddress(
        host.isEmpty() ? InetAddress.getByName("127.0.0.1") : resolve(), port);
  }

  /**
   * Listens there.
   *
   * @throws IOException with the address and the reason
   */
  ServerSocketChannel listen() throws IOException {
    if (unix()) {
      StaleSocket.remove(Path.of(path));
    }
    ServerSocketChannel server = ServerSocketChannel.open(family());
    try {
      return server.bind(
          unix()
              ? UnixDomainSocketAddress.of(path)
              : host.isEmpty()
                  ? new InetSocketAddress(port)
                  : new InetSocketAddress(resolve(), port));
    } catch (IOException | RuntimeException e) {
      server.close();
      throw new IOException("cannot listen on " + this + ": " + e.getMessage(), e);
    }
  }

  /** The same address with the port that the system chose. */
  MigrationAddress resolved(ServerSocketChannel server) throws IOException {
    return server.getLocalAddress() instanceof InetSocketAddress bound
        ? new MigrationAddress("", host, bound.getPort())
        : this;
  }

  private InetAddress resolve() throws IOException {
    try {
      return InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw new IOException("unknown host '" + host + "'", e);
    }
  }

  @Override
  public String toString() {
    return unix()
        ? "unix:" + path
        : "tcp:" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
