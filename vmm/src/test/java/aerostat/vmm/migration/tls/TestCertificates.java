package aerostat.vmm.migration.tls;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;

/** Certificates of a test's own authority, made when the test runs: X.509 in DER, P-256. */
final class TestCertificates {
  private static final byte[] ECDSA_SHA256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2));
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

  private final String name;
  private final KeyPair keys = newKeys();
  private final byte[] certificate;
  private int serial = 1;

  /** An authority. */
  TestCertificates(String name) throws GeneralSecurityException {
    this.name = name;
    certificate = certificate(name, keys, true, List.of(), Duration.ofDays(1));
  }

  private static KeyPair newKeys() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(256);
    return generator.generateKeyPair();
  }

  /** The authority's certificate as a side's {@code ca-cert.pem}. */
  void trustIn(Path folder) throws IOException {
    Files.createDirectories(folder);
    pem(folder.resolve("ca-cert.pem"), "CERTIFICATE", certificate);
  }

  /**
   * Issues {@code endpoint}-cert.pem and -key.pem.
   *
   * @param host DNS name in it, or a dotted address
   * @param validFor until when, from an hour ago on; negative: expired
   */
  void issue(Path folder, String endpoint, String host, Duration validFor)
      throws IOException, GeneralSecurityException {
    Files.createDirectories(folder);
    KeyPair own = newKeys();
    byte[] made = certificate(endpoint, own, false, List.of(host), validFor);
    pem(folder.resolve(endpoint + "-cert.pem"), "CERTIFICATE", made);
    pem(folder.resolve(endpoint + "-key.pem"), "PRIVATE KEY", own.getPrivate().getEncoded());
  }

  private byte[] certificate(
      String subject, KeyPair own, boolean authority, List<String> hosts, Duration validFor)
      throws GeneralSecurityException {
    Instant now = Instant.now();
    byte[] extensions =
        authority
            ? extension(oid(0x55, 0x1d, 0x13), sequence(new byte[] {1, 1, (byte) 0xff}))
            : extension(
                oid(0x55, 0x1d, 0x11),
                sequence(hosts.stream().map(h -> san(h)).toArray(byte[][]::new)));
    byte[] body =
        sequence(
            tagged(0xa0, integer(2)),
            integer(serial++),
            ECDSA_SHA256,
            name(name),
            sequence(
                time(
                    now.minus(Duration.ofHours(1))
                        .plus(validFor.isNegative() ? validFor : Duration.ZERO)),
                time(now.plus(validFor))),
            name(subject),
            own.getPublic().getEncoded(),
            tagged(0xa3, sequence(extensions)));
    return sequence(body, ECDSA_SHA256, bits(sign(keys.getPrivate(), body)));
  }

  private static byte[] sign(PrivateKey key, byte[] body) throws GeneralSecurityException {
    Signature signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(key);
    signature.update(body);
    return signature.sign();
  }

  private static byte[] san(String host) {
    if (host.matches("[0-9.]+")) {
      byte[] address = new byte[4];
      String[] parts = host.split("\\.");
      for (int i = 0; i < 4; i++) {
        address[i] = (byte) Integer.parseInt(parts[i]);
      }
      return tagged(0x87, address);
    }
    return tagged(0x82, host.getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] extension(byte[] oid, byte[] value) {
    return sequence(oid, tagged(4, value));
  }

  private static byte[] name(String common) {
    byte[] text = tagged(0x0c, common.getBytes(StandardCharsets.UTF_8));
    return sequence(tagged(0x31, sequence(oid(0x55, 4, 3), text)));
  }

  private static byte[] time(Instant when) {
    return tagged(0x18, TIME.format(when).getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] integer(long value) {
    return tagged(2, BigInteger.valueOf(value).toByteArray());
  }

  private static byte[] oid(int... bytes) {
    byte[] encoded = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      encoded[i] = (byte) bytes[i];
    }
    return tagged(6, encoded);
  }

  private static byte[] bits(byte[] content) {
    return tagged(3, concat(new byte[] {0}, content));
  }

  private static byte[] sequence(byte[]... parts) {
    return tagged(0x30, concat(parts));
  }

  private static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  private static byte[] tagged(int tag, byte[] content) {
    int length = content.length;
    byte[] head =
        length < 128
            ? new byte[] {(byte) tag, (byte) length}
            : length < 256
                ? new byte[] {(byte) tag, (byte) 0x81, (byte) length}
                : new byte[] {(byte) tag, (byte) 0x82, (byte) (length >> 8), (byte) length};
    return concat(head, content);
  }

  private static void pem(Path file, String kind, byte[] content) throws IOException {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    Files.writeString(
        file, "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n");
  }
}
