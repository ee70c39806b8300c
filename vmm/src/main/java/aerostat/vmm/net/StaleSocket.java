package aerostat.vmm.net;

import java.io.IOException;
import java.net.BindException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** A socket's file that a killed process has left behind, in the way of the next one. */
public final class StaleSocket {
  /** The type of a file in its mode, and a socket's (stat(2)). */
  private static final int S_IFMT = 0170000;

  private static final int S_IFSOCK = 0140000;

  private StaleSocket() {}

  /**
   * Removes a socket that nobody serves any more. Whatever else has the name stays: a file, a pipe,
   * a device.
   *
   * @throws BindException with a message for the user, if the path is taken
   */
  public static void remove(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    if ((mode & S_IFMT) != S_IFSOCK) {
      throw new BindException(path + " exists and is not a socket; name another path");
    }
    try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      throw new BindException(
          "unix:" + path + " is served by another process; end that one or name another path");
    } catch (BindException e) {
      throw e;
    } catch (IOException nobodyListens) {
      Files.deleteIfExists(path);
    }
  }
}
