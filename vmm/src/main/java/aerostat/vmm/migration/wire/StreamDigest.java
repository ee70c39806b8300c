package aerostat.vmm.migration.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * Digest of what was sent after the pause: SHA-256 over the headers in order. A header holds the
 * checksums of its payload and data, so it stands for them, and the pause is not lengthened by a
 * slow hash over pages.
 */
public final class StreamDigest {
  private final MessageDigest sha = create();

  void add(ByteBuffer header) {
    sha.update(header);
  }

  /** The digest so far; more may be added afterwards. */
  String hex() {
    try {
      return HexFormat.of().formatHex(((MessageDigest) sha.clone()).digest());
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** One digest for the main channel's and those of the channels beside it, if there are any. */
  public static String joined(String main, List<String> others) {
    return others.isEmpty()
        ? main
        : of((main + String.join("", others)).getBytes(StandardCharsets.US_ASCII));
  }

  /** SHA-256 of some bytes, hexadecimal. */
  public static String of(byte[] bytes) {
    return HexFormat.of().formatHex(create().digest(bytes));
  }

  private static MessageDigest create() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
