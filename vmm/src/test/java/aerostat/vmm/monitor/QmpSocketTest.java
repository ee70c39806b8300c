package aerostat.vmm.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where a monitor listens, and the client that ships. */
@Timeout(60)
class QmpSocketTest {
  @TempDir Path folder = Path.of("unset");
  private final Monitor monitor = new Monitor(new CommandTable(), () -> {});

  @AfterEach
  void close() {
    monitor.close();
  }

  private Endpoint.Unix socket() {
    return new Endpoint.Unix(folder.resolve("a.sock"));
  }

  @Test
  void aUnixSocketIsTheOwnersOnlyAndGoesWithTheServer() throws IOException {
    QmpServer server = monitor.listen(socket());

    assertThat(Files.getPosixFilePermissions(socket().path())).hasSize(2);
    try (QmpClient client = QmpClient.connect(socket())) {
      assertThat(client.query("query-version")).containsKey("package");
    }
    server.close();
    assertThat(socket().path()).doesNotExist();
  }

  @Test
  void aSocketThatIsServedIsNotTaken() throws IOException {
    monitor.listen(socket());
    Monitor second = new Monitor(new CommandTable(), () -> {});

    assertThatThrownBy(() -> second.listen(socket()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is served by another process");
    try (QmpClient client = QmpClient.connect(socket())) {
      assertThat(client.query("query-version")).containsKey("package");
    }
  }

  @Test
  void aSocketLeftByADeadProcessIsReplaced() throws IOException {
    try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      dead.bind(UnixDomainSocketAddress.of(socket().path()));
    }
    monitor.listen(socket());
    QmpClient.connect(socket()).close();
  }

  @Test
  void aFileThatIsNoSocketIsLeftAlone() throws IOException {
    Files.writeString(socket().path(), "precious");

    assertThatThrownBy(() -> monitor.listen(socket())).hasMessageContaining("is not a socket");
    assertThat(socket().path()).hasContent("precious");
  }

  @Test
  void aMissingFolderIsNamed() {
    Endpoint nowhere = new Endpoint.Unix(folder.resolve("no/such/a.sock"));

    assertThatThrownBy(() -> monitor.listen(nowhere)).hasMessageContaining("there is no folder");
  }

  @Test
  void anOccupiedTcpPortIsAnError() throws IOException {
    Endpoint used = monitor.listen(new Endpoint.Tcp("127.0.0.1", 0)).endpoint();

    assertThatThrownBy(() -> monitor.listen(used)).hasMessageContaining("cannot listen on tcp:");
  }

  @Test
  void theClientPassesErrorsAndEventsOn() throws Exception {
    monitor.listen(socket());
    try (QmpClient client = QmpClient.connect(socket())) {
      assertThatThrownBy(() -> client.execute("eject", Map.of()))
          .isInstanceOfSatisfying(
              QmpClient.QmpError.class,
              e -> assertThat(e.errorClass()).isEqualTo("CommandNotFound"));
      monitor.event("STOP", Map.of());
      assertThat(Objects.requireNonNull(client.event(Duration.ofSeconds(20))).get("event"))
          .isEqualTo("STOP");
      monitor.close();
      assertThatThrownBy(() -> client.query("query-version")).isInstanceOf(IOException.class);
    }
  }

  @Test
  void theClientSaysThatNobodyIsThere() {
    assertThatThrownBy(() -> QmpClient.connect(socket()))
        .hasMessageContaining("cannot connect to unix:")
        .hasMessageContaining("is the VM running?");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "unix:/run/a.sock|unix:/run/a.sock",
        "unix:/run/a.sock,server=on,wait=off|unix:/run/a.sock",
        "unix:/run/a.sock,server,nowait|unix:/run/a.sock",
        "tcp:localhost:4444|tcp:localhost:4444",
        "tcp::4444|tcp:127.0.0.1:4444",
        "tcp:[::1]:4444|tcp:[::1]:4444",
      })
  void addressesAreRead(String text, String expected) {
    assertThat(Endpoint.parse(text)).hasToString(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/run/a.sock|write unix:PATH or tcp:HOST:PORT",
        "unix:|needs a path",
        "tcp:host|has no port",
        "tcp:host:|is not a port",
        "tcp:host:65536|is not a port",
        "tcp:host:-1|is not a port",
        "tcp:host:http|is not a port",
        "unix:/a,reconnect=1|option 'reconnect=1' is not known here",
      })
  void badAddressesAreErrorsThatSayWhatToWrite(String text, String message) {
    assertThatThrownBy(() -> Endpoint.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aPathTooLongForASocketIsAnError() {
    assertThatThrownBy(() -> Endpoint.parse("unix:/" + "x".repeat(107)))
        .hasMessageContaining("107 bytes at most");
  }
}
