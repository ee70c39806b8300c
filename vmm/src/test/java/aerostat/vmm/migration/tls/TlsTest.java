package aerostat.vmm.migration.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.FakeGuest;
import aerostat.vmm.migration.FakeHost;
import aerostat.vmm.migration.transport.MigrationAddress;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Migrations over TLS 1.3, with good, wrong, expired and missing certificates on either side. */
@Timeout(60)
class TlsTest {
  private static final long MIB = 1 << 20;
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration EXPIRED = Duration.ofMinutes(-5);
  private static final String ANY_PORT = "tcp:127.0.0.1:0";

  @TempDir Path folder;
  private TestCertificates authority;
  private TestCertificates stranger;
  private Path client;
  private Path server;

  @BeforeEach
  void makeCertificates() throws Exception {
    authority = new TestCertificates("authority");
    stranger = new TestCertificates("stranger");
    client = folder.resolve("client");
    server = folder.resolve("server");
    authority.trustIn(client);
    authority.trustIn(server);
    authority.issue(client, "client", "a.example", DAY);
    authority.issue(server, "server", "127.0.0.1", DAY);
  }

  private static FakeHost running() {
    FakeHost a = FakeHost.with(FakeGuest.fresh(8 * MIB));
    a.guest().start();
    return a;
  }

  private static void use(FakeHost host, Path dir, String endpoint) {
    host.service.addObject(
        "tls-creds-x509", "tls0", Map.of("dir", dir.toString(), "endpoint", endpoint));
    host.service.setParameters(Map.of("tls-creds", "tls0"));
  }

  /**
   * The guest must stay, unharmed, and nothing may be left over there.
   *
   * @param reason in the source's words; empty where the destination has it, for the connection may
   *     break before it comes
   */
  private void refused(String hostname, String reason) throws Exception {
    try (FakeHost a = running();
        FakeHost b = new FakeHost()) {
      use(a, client, "client");
      use(b, server, "server");
      a.service.setParameters(Map.of("tls-hostname", hostname));
      String address = b.service.listen(ANY_PORT);
      a.service.migrate(address);
      assertThat(a.await("failed", "completed")).isEqualTo("failed");
      assertThat(a.service.query().get("error-desc")).asString().isNotBlank().contains(reason);
      assertThat(a.guest().state()).isEqualTo(RunState.RUNNING);
      assertThat(b.present()).isNull();
      assertThat(b.built).isEmpty();
    }
  }

  @Test
  void withGoodCertificates_theGuestMoves_onSeveralChannelsToo() throws Exception {
    for (boolean channels : new boolean[] {false, true}) {
      try (FakeHost a = running();
          FakeHost b = new FakeHost()) {
        use(a, client, "client");
        use(b, server, "server");
        a.service.setCapabilities(Map.of("multifd", channels));
        b.service.setCapabilities(Map.of("multifd", channels));
        a.service.setParameters(Map.of("x-verify", true));
        a.service.migrate(b.service.listen(ANY_PORT));
        assertThat(a.await("failed", "completed"))
            .as(() -> String.valueOf(a.service.query()))
            .isEqualTo("completed");
        b.await("completed");
        b.guest().pause(RunState.PAUSED);
        assertThat(b.guest().lost()).isZero();
      }
    }
  }

  @Test
  void overAUnixSocket_aNameIsNeeded() throws Exception {
    authority.issue(server, "server", "b.example", DAY);
    for (String name : new String[] {"", "b.example"}) {
      try (FakeHost a = running();
          FakeHost b = new FakeHost()) {
        use(a, client, "client");
        use(b, server, "server");
        a.service.setParameters(Map.of("tls-hostname", name));
        a.service.migrate(b.service.listen("unix:" + folder.resolve("m.sock")));
        assertThat(a.await("failed", "completed"))
            .isEqualTo(name.isEmpty() ? "failed" : "completed");
      }
    }
  }

  @Test
  void aDestinationOfAnotherAuthority_isRefused() throws Exception {
    stranger.issue(server, "server", "127.0.0.1", DAY);
    refused("", "PKIX path building failed");
  }

  @Test
  void aDestinationOfAnotherName_isRefused() throws Exception {
    refused("b.example", "No name matching b.example found");
    authority.issue(server, "server", "b.example", DAY);
    refused("", "No subject alternative names matching IP address 127.0.0.1");
  }

  @Test
  void anExpiredDestination_isRefused() throws Exception {
    authority.issue(server, "server", "127.0.0.1", EXPIRED);
    refused("", "certificate_expired");
  }

  @Test
  void aSourceOfAnotherAuthority_isRefused() throws Exception {
    stranger.issue(client, "client", "a.example", DAY);
    refused("", "");
  }

  @Test
  void anExpiredSource_isRefused() throws Exception {
    authority.issue(client, "client", "a.example", EXPIRED);
    refused("", "");
  }

  /** Who trusts the authority, and shows nothing of its own. */
  @Test
  void aSourceWithoutACertificate_isRefused() throws Exception {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    try (InputStream pem = Files.newInputStream(client.resolve("ca-cert.pem"))) {
      trusted.setCertificateEntry(
          "ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext nameless = SSLContext.getInstance("TLSv1.3");
    nameless.init(null, trust.getTrustManagers(), null);
    try (FakeHost b = new FakeHost()) {
      use(b, server, "server");
      int port = MigrationAddress.parse(b.service.listen(ANY_PORT)).port();
      try (Socket socket = nameless.getSocketFactory().createSocket("127.0.0.1", port)) {
        socket.setSoTimeout(20_000);
        assertThatThrownBy(() -> socket.getInputStream().read())
            .isInstanceOf(SSLException.class)
            .hasMessageContaining("certificate_required");
      }
      assertThat(b.built).isEmpty();
    }
  }

  @Test
  void withoutTlsOnOneSide_nothingMoves_andTheListenerLives() throws Exception {
    try (FakeHost a = running();
        FakeHost b = new FakeHost()) {
      use(b, server, "server");
      String address = b.service.listen(ANY_PORT);
      a.service.migrate(address);
      assertThat(a.await("failed", "completed")).isEqualTo("failed");
      assertThat(a.guest().state()).isEqualTo(RunState.RUNNING);
      noise(address);

      use(a, client, "client");
      a.events.clear();
      a.service.migrate(address);
      assertThat(a.await("failed", "completed"))
          .as(() -> String.valueOf(a.service.query()))
          .isEqualTo("completed");
    }
  }

  /** A hostile client: bytes that are no record, and a record that is longer than any. */
  private static void noise(String address) throws Exception {
    int port = MigrationAddress.parse(address).port();
    for (int length : new int[] {0, 1, 5, 1000}) {
      try (Socket socket = new Socket("127.0.0.1", port)) {
        OutputStream out = socket.getOutputStream();
        byte[] bytes = new byte[length];
        java.util.Arrays.fill(bytes, (byte) 0xff);
        out.write(bytes);
      }
    }
  }

  @Test
  @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aPipeOrAFileWithoutEnd_isNoCertificate() throws Exception {
    Path strange = Files.createDirectory(folder.resolve("strange"));
    Path file = strange.resolve("ca-cert.pem");
    assumeTrue(new ProcessBuilder("mkfifo", file.toString()).start().waitFor() == 0);
    Map<String, String> properties = Map.of("dir", strange.toString());
    assertThatThrownBy(() -> TlsCredentials.of(properties))
        .hasMessageEndingWith(file + ": it is no regular file");
    Files.delete(file);
    Files.write(file, new byte[(1 << 20) + 1]);
    assertThatThrownBy(() -> TlsCredentials.of(properties))
        .hasMessageEndingWith(file + " is longer than 1048576 bytes");
  }

  @Test
  void credentialsThatCannotBe_areRefusedWithTheReason() throws Exception {
    try (FakeHost a = running()) {
      Path empty = Files.createDirectory(folder.resolve("empty"));
      assertThatThrownBy(() -> use(a, empty, "client")).hasMessageContaining("ca-cert.pem");
      assertThatThrownBy(() -> use(a, client, "server")).hasMessageContaining("server-key.pem");
      assertThatThrownBy(() -> use(a, client, "both")).hasMessageContaining("endpoint");
      Files.writeString(empty.resolve("ca-cert.pem"), "no certificate");
      assertThatThrownBy(() -> use(a, empty, "client"))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> a.service.addObject("rng-random", "r", Map.of()))
          .hasMessageContaining("invalid object type");
      assertThatThrownBy(
              () -> a.service.addObject("tls-creds-x509", "x", Map.of("dir", "x", "colour", "red")))
          .hasMessageContaining("colour");

      a.service.setParameters(Map.of("tls-creds", "nobody"));
      assertThatThrownBy(() -> a.service.migrate("tcp:127.0.0.1:1"))
          .hasMessageContaining("No TLS credentials with id 'nobody'");
      use(a, client, "client");
      assertThatThrownBy(() -> use(a, client, "client")).hasMessageContaining("duplicate");
      a.service.removeObject("tls0");
      use(a, server, "server");
      assertThatThrownBy(() -> a.service.migrate("tcp:127.0.0.1:1"))
          .hasMessageContaining("client endpoint");
      assertThat(a.guest().state()).isEqualTo(RunState.RUNNING);
    }
  }
}
