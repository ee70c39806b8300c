package aerostat.vmm.migration.tls;

import aerostat.vmm.migration.transport.Connections;
import aerostat.vmm.migration.transport.MigrationAddress;
import aerostat.vmm.migration.transport.Transport;
import java.io.IOException;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/**
 * Connections of another kind with TLS over them. The side that connects checks that the name it
 * connects to is in the certificate; the side that listens asks for a certificate as well.
 */
public final class TlsConnections implements Connections {
  private static final String[] PROTOCOLS = {"TLSv1.3"};

  private final Connections below;
  private final TlsCredentials credentials;
  private final String hostname;

  /**
   * @param hostname name that the destination's certificate must have; empty: the address's host
   */
  public TlsConnections(Connections below, TlsCredentials credentials, String hostname) {
    this.below = below;
    this.credentials = credentials;
    this.hostname = hostname;
  }

  @Override
  public Transport connect(MigrationAddress address, long timeoutNanos, BooleanSupplier stop)
      throws IOException {
    String name = hostname.isEmpty() ? address.host() : hostname;
    if (name.isEmpty()) {
      throw new IOException("tls-hostname is needed: " + address + " has no name to check");
    }
    SSLEngine engine = credentials.context().createSSLEngine(name, address.port());
    engine.setUseClientMode(true);
    SSLParameters parameters = new SSLParameters();
    parameters.setProtocols(PROTOCOLS);
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    engine.setSSLParameters(parameters);
    return new TlsTransport(below.connect(address, timeoutNanos, stop), engine);
  }

  @Override
  public Listening listen(MigrationAddress wanted) throws IOException {
    Listening listening = below.listen(wanted);
    return new Listening() {
      @Override
      public MigrationAddress address() {
        return listening.address();
      }

      @Override
      public Transport accept() throws IOException {
        return new TlsTransport(listening.accept(), serverEngine());
      }

      @Override
      public void close() throws IOException {
        listening.close();
      }
    };
  }

  private SSLEngine serverEngine() {
    SSLEngine engine = credentials.context().createSSLEngine();
    engine.setUseClientMode(false);
    SSLParameters parameters = new SSLParameters();
    parameters.setProtocols(PROTOCOLS);
    parameters.setNeedClientAuth(true);
    engine.setSSLParameters(parameters);
    return engine;
  }
}
