package aerostat.vmm.migration.transport;

import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;

/** TCP and UNIX sockets, as they are. */
public final class SocketConnections implements Connections {
  @Override
  public Transport connect(MigrationAddress address, long timeoutNanos, BooleanSupplier stop)
      throws IOException {
    return SocketTransport.connect(address, timeoutNanos, stop);
  }

  @Override
  public Listening listen(MigrationAddress wanted) throws IOException {
    ServerSocketChannel server = wanted.listen();
    return new Sockets(server, wanted.resolved(server));
  }

  private record Sockets(ServerSocketChannel server, MigrationAddress address)
      implements Listening {
    @Override
    public Transport accept() throws IOException {
      return new SocketTransport(server.accept());
    }

    @Override
    public void close() throws IOException {
      server.close();
      if (address.unix()) {
        Files.deleteIfExists(Path.of(address.path()));
      }
    }
  }
}
