package aerostat.vmm.migration.wire;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.UUID;
import net.openhft.chronicle.bytes.Bytes;

/** Builds the structured part of a message; fields in order, fixed width, little-endian. */
public final class PayloadWriter {
  private final Bytes<byte[]> bytes = Bytes.allocateElasticOnHeap(128);

  public PayloadWriter u8(int value) {
    bytes.writeUnsignedByte(value);
    return this;
  }

  public PayloadWriter u32(int value) {
    bytes.writeInt(value);
    return this;
  }

  public PayloadWriter u64(long value) {
    bytes.writeLong(value);
    return this;
  }

  public PayloadWriter bool(boolean value) {
    return u8(value ? 1 : 0);
  }

  public PayloadWriter uuid(UUID uuid) {
    return u64(uuid.getMostSignificantBits()).u64(uuid.getLeastSignificantBits());
  }

  /** A digest of 32 bytes, given in hexadecimal. */
  public PayloadWriter digest(String hex) {
    byte[] raw = HexFormat.of().parseHex(hex);
    if (raw.length != 32) {
      throw new IllegalArgumentException("a digest has 32 bytes, not " + raw.length);
    }
    bytes.write(raw);
    return this;
  }

  /** Length in bytes, then UTF-8. */
  public PayloadWriter text(String text) {
    byte[] raw = text.getBytes(StandardCharsets.UTF_8);
    u32(raw.length);
    bytes.write(raw);
    return this;
  }

  /** The payload. */
  public byte[] done() {
    return bytes.toByteArray();
  }
}
