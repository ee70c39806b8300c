package aerostat.vmm.monitor;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Where a monitor listens: {@code unix:PATH} or {@code tcp:HOST:PORT}. What QEMU allows after a
 * comma ({@code server=on,wait=off}) is accepted and ignored, since it names the only behaviour
 * there is.
 */
public sealed interface Endpoint {
  /** A UNIX stream socket, reachable only by the user who made it. */
  record Unix(Path path) implements Endpoint {
    @Override
    public SocketAddress socketAddress() {
      return UnixDomainSocketAddress.of(path);
    }

    @Override
    public String toString() {
      return "unix:" + path;
    }
  }

  /** A TCP socket; port 0 asks for any free port. */
  record Tcp(String host, int port) implements Endpoint {
    @Override
    public SocketAddress socketAddress() {
      return new InetSocketAddress(host, port);
    }

    @Override
    public String toString() {
      return "tcp:" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
  }

  /** For {@link java.nio.channels.SocketChannel}; resolves a host name. */
  SocketAddress socketAddress();

  /** Longest path that a UNIX socket's address holds on Linux, in bytes. */
  int MAX_UNIX_PATH = 107;

  /** An IllegalArgumentException says what is wrong and what is wanted. */
  static Endpoint parse(String text) {
    int comma = text.indexOf(',');
    if (comma >= 0) {
      for (String option : text.substring(comma + 1).split(",", -1)) {
        if (!option.matches("server(=on)?|nowait|wait=off")) {
          throw new IllegalArgumentException(
              "'" + text + "': option '" + option + "' is not known here");
        }
      }
      text = text.substring(0, comma);
    }
    if (text.startsWith("unix:")) {
      return unix(text.substring(5));
    }
    if (text.startsWith("tcp:")) {
      return tcp(text, text.substring(4));
    }
    throw new IllegalArgumentException(
        "'" + text + "' is not a socket address; write unix:PATH or tcp:HOST:PORT");
  }

  private static Endpoint unix(String path) {
    if (path.isEmpty()) {
      throw new IllegalArgumentException("'unix:' needs a path, as in unix:/run/a.sock");
    }
    if (path.getBytes(java.nio.charset.StandardCharsets.UTF_8).length > MAX_UNIX_PATH) {
      throw new IllegalArgumentException(
          "'" + path + "' is too long for a UNIX socket (" + MAX_UNIX_PATH + " bytes at most)");
    }
    try {
      return new Unix(Path.of(path));
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("'" + path + "' is not a path: " + e.getReason(), e);
    }
  }

  private static Endpoint tcp(String text, String rest) {
    int colon = rest.lastIndexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException("'" + text + "' has no port; write tcp:HOST:PORT");
    }
    String host = rest.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    String port = rest.substring(colon + 1);
    int number;
    try {
      number = Integer.parseInt(port);
    } catch (NumberFormatException e) {
      number = -1;
    }
    if (number < 0 || number > 65535) {
      throw new IllegalArgumentException(
          "'" + port + "' in '" + text + "' is not a port (0 to 65535)");
    }
    return new Tcp(host.isEmpty() ? "127.0.0.1" : host, number);
  }
}
