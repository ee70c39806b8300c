package aerostat.vmm.migration.tls;

import aerostat.vmm.migration.control.MigrationParameters;
import aerostat.vmm.migration.transport.Connections;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Credentials by the id that {@code tls-creds} names ({@code --object}). Thread-safe. */
public final class TlsObjects {
  private final Map<String, TlsCredentials> credentials = new ConcurrentHashMap<>();

  /**
   * {@code object-add}.
   *
   * @throws IllegalArgumentException for another kind of object, an id that is taken, or
   *     credentials that cannot be read
   */
  public void add(String type, String id, Map<String, String> properties) {
    if (!type.equals("tls-creds-x509")) {
      throw new IllegalArgumentException("invalid object type: " + type);
    }
    if (id.isEmpty() || id.length() > 127) {
      throw new IllegalArgumentException("Parameter 'id' expects an identifier");
    }
    TlsCredentials made = TlsCredentials.of(properties);
    if (credentials.putIfAbsent(id, made) != null) {
      throw new IllegalArgumentException(
          "attempt to add duplicate property '" + id + "' to object (type 'container')");
    }
  }

  /**
   * {@code object-del}.
   *
   * @throws IllegalArgumentException if there is none of this id
   */
  public void remove(String id) {
    if (credentials.remove(id) == null) {
      throw new IllegalArgumentException("object '" + id + "' not found");
    }
  }

  /**
   * Connections as the parameters want them: with TLS, or these.
   *
   * @param listens whether this side is the server
   * @throws IllegalArgumentException if they name credentials that are not there, or the other
   *     side's
   */
  public Connections over(Connections plain, MigrationParameters parameters, boolean listens) {
    String id = parameters.tlsCreds();
    if (id.isEmpty()) {
      return plain;
    }
    TlsCredentials named = credentials.get(id);
    if (named == null) {
      throw new IllegalArgumentException("No TLS credentials with id '" + id + "'");
    }
    if (named.server() != listens) {
      throw new IllegalArgumentException(
          "Expected TLS credentials for a " + (listens ? "server" : "client") + " endpoint");
    }
    return new TlsConnections(plain, named, parameters.tlsHostname());
  }
}
