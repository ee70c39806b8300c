package aerostat.vmm.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import aerostat.vmm.migration.transport.MigrationAddress;
import aerostat.vmm.migration.transport.SocketConnections;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is in the way of a socket goes only if it is a socket that nobody serves. */
@Timeout(60)
class StaleSocketTest {
  @TempDir Path folder = Path.of("unset");

  private Path path() {
    return folder.resolve("a.sock");
  }

  @Test
  void whatIsLeftOfAProcessGoes() throws IOException {
    try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      dead.bind(UnixDomainSocketAddress.of(path()));
    }
    StaleSocket.remove(path());
    assertThat(path()).doesNotExist();
    StaleSocket.remove(path());
  }

  @Test
  void aSocketThatIsServedStays() throws IOException {
    try (ServerSocketChannel live = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      live.bind(UnixDomainSocketAddress.of(path()));
      assertThatThrownBy(() -> StaleSocket.remove(path()))
          .hasMessageContaining("is served by another process");
      assertThat(path()).exists();
    }
  }

  @Test
  void aPipeIsNoSocketAlthoughNobodyServesIt() throws Exception {
    assumeTrue(new ProcessBuilder("mkfifo", path().toString()).start().waitFor() == 0);

    assertThatThrownBy(() -> StaleSocket.remove(path())).hasMessageContaining("is not a socket");
    assertThatThrownBy(
            () -> new SocketConnections().listen(MigrationAddress.parse("unix:" + path())))
        .hasMessageContaining("is not a socket");
    assertThat(Files.exists(path())).isTrue();
  }
}
