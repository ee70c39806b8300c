package aerostat.vmm.migration.tls;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * QEMU's object {@code tls-creds-x509}: certificates from a folder. {@code ca-cert.pem} says whom
 * to trust; {@code server-cert.pem} and {@code server-key.pem}, or {@code client-…}, say who this
 * process is. Keys are PKCS #8, not encrypted ("BEGIN PRIVATE KEY").
 *
 * @param server whether it is for the side that listens
 */
public record TlsCredentials(boolean server, SSLContext context) {
  private static final String BEGIN_KEY = "-----BEGIN PRIVATE KEY-----";
  private static final String END_KEY = "-----END PRIVATE KEY-----";
  private static final List<String> KEY_KINDS = List.of("EC", "RSA", "Ed25519");

  /** Longest file, in bytes. */
  private static final long MAX_FILE = 1 << 20;

  private static final char[] NO_PASSWORD = {};

  /**
   * Reads what {@code dir}, {@code endpoint} (client, the default, or server) and {@code
   * verify-peer} (only on) say.
   *
   * @throws IllegalArgumentException for an unknown property, or a file that is missing or unsound
   */
  public static TlsCredentials of(Map<String, String> properties) {
    TreeSet<String> unknown = new TreeSet<>(properties.keySet());
    unknown.removeAll(List.of("dir", "endpoint", "verify-peer"));
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "Property 'tls-creds-x509." + unknown.first() + "' not found");
    }
    String dir = properties.get("dir");
    if (dir == null) {
      throw new IllegalArgumentException("Parameter 'dir' is missing");
    }
    String verify = properties.getOrDefault("verify-peer", "on");
    if (!List.of("on", "yes", "true").contains(verify)) {
      throw new IllegalArgumentException(
          "'verify-peer' is always on: both sides show a certificate");
    }
    String endpoint = properties.getOrDefault("endpoint", "client");
    if (!endpoint.equals("client") && !endpoint.equals("server")) {
      throw new IllegalArgumentException("'endpoint' is client or server, not " + endpoint);
    }
    try {
      return load(Path.of(dir), endpoint);
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalArgumentException(
          "Unable to load credentials from " + dir + ": " + e.getMessage(), e);
    }
  }

  private static TlsCredentials load(Path dir, String endpoint)
      throws IOException, GeneralSecurityException {
    KeyStore trusted = empty();
    int number = 0;
    for (Certificate ca : certificates(dir.resolve("ca-cert.pem"))) {
      trusted.setCertificateEntry("ca" + number++, ca);
    }
    KeyStore own = empty();
    own.setKeyEntry(
        endpoint,
        key(dir.resolve(endpoint + "-key.pem")),
        NO_PASSWORD,
        certificates(dir.resolve(endpoint + "-cert.pem")).toArray(Certificate[]::new));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(own, NO_PASSWORD);
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return new TlsCredentials(endpoint.equals("server"), context);
  }

  private static KeyStore empty() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  /** To open a pipe waits for a writer; what is no certificate may be of any length. */
  private static void require(Path file) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new IOException(file + ": it is no regular file");
    }
    if (Files.size(file) > MAX_FILE) {
      throw new IOException(file + " is longer than " + MAX_FILE + " bytes");
    }
  }

  private static List<Certificate> certificates(Path file)
      throws IOException, GeneralSecurityException {
    require(file);
    try (InputStream in = Files.newInputStream(file)) {
      List<Certificate> all =
          new ArrayList<>(CertificateFactory.getInstance("X.509").generateCertificates(in));
      if (all.isEmpty()) {
        throw new IOException(file + " has no certificate");
      }
      return all;
    }
  }

  private static PrivateKey key(Path file) throws IOException, GeneralSecurityException {
    require(file);
    String text = Files.readString(file);
    int begin = text.indexOf(BEGIN_KEY);
    int end = text.indexOf(END_KEY);
    if (begin < 0 || end < begin) {
      throw new IOException(file + " has no \"" + BEGIN_KEY + "\"");
    }
    PKCS8EncodedKeySpec spec;
    try {
      spec =
          new PKCS8EncodedKeySpec(
              Base64.getMimeDecoder().decode(text.substring(begin + BEGIN_KEY.length(), end)));
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
    for (String kind : KEY_KINDS) {
      try {
        return KeyFactory.getInstance(kind).generatePrivate(spec);
      } catch (InvalidKeySpecException e) {
        // Another kind of key.
      }
    }
    throw new IOException(
        file + " has a key of none of these kinds: " + String.join(", ", KEY_KINDS));
  }

  /** For messages. */
  public String endpoint() {
    return (server ? "SERVER" : "CLIENT").toLowerCase(Locale.ROOT);
  }
}
