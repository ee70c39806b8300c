package aerostat.vmm.migration.wire;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * The fixed start of every message, little-endian, 36 bytes.
 *
 * <table>
 * <caption>Layout</caption>
 * <tr><td>0</td><td>u32</td><td>magic "AERM"</td></tr>
 * <tr><td>4</td><td>u16</td><td>protocol version</td></tr>
 * <tr><td>6</td><td>u8</td><td>type, 0 is invalid</td></tr>
 * <tr><td>7</td><td>u8</td><td>flags</td></tr>
 * <tr><td>8</td><td>u16</td><td>channel, 0 the main one</td></tr>
 * <tr><td>10</td><td>u16</td><td>reserved, 0</td></tr>
 * <tr><td>12</td><td>u32</td><td>sequence number within this direction of this connection</td></tr>
 * <tr><td>16</td><td>u32</td><td>payload bytes</td></tr>
 * <tr><td>20</td><td>u32</td><td>raw data bytes, which follow the payload</td></tr>
 * <tr><td>24</td><td>u32</td><td>CRC32C of the payload</td></tr>
 * <tr><td>28</td><td>u32</td><td>CRC32C of the data if {@link #DATA_CRC}, else 0</td></tr>
 * <tr><td>32</td><td>u32</td><td>CRC32C of bytes 0…31</td></tr>
 * </table>
 *
 * @param dataLength bytes after the payload
 */
public record WireHeader(
    int version,
    MessageType type,
    int flags,
    int channel,
    int sequence,
    int payloadLength,
    int dataLength,
    int payloadCrc,
    int dataCrc) {
  public static final int BYTES = 36;
  static final int MAGIC = 0x4D524541;

  /** The data carries a checksum: set for all data but pages that go while the guest runs. */
  public static final int DATA_CRC = 1;

  /** Sent with the vCPU stopped; part of the handover's digest. */
  public static final int PAUSED = 2;

  private static final int KNOWN_FLAGS = DATA_CRC | PAUSED;

  /** Appends the 36 bytes at the buffer's position. */
  void encode(ByteBuffer into) {
    into.order(ByteOrder.LITTLE_ENDIAN);
    int start = into.position();
    into.putInt(MAGIC)
        .putShort((short) version)
        .put((byte) type.number())
        .put((byte) flags)
        .putShort((short) channel)
        .putShort((short) 0)
        .putInt(sequence)
        .putInt(payloadLength)
        .putInt(dataLength)
        .putInt(payloadCrc)
        .putInt(dataCrc);
    into.putInt(crc(into, start));
  }

  /** Takes 36 bytes and checks each field before anything acts on it. */
  static WireHeader decode(ByteBuffer from) throws MigrationStreamException {
    from.order(ByteOrder.LITTLE_ENDIAN);
    int start = from.position();
    int magic = from.getInt(start);
    if (magic != MAGIC) {
      throw new MigrationStreamException(
          String.format("not a migration stream: magic 0x%08x", magic));
    }
    int crc = from.getInt(start + BYTES - 4);
    if (crc != crc(from, start)) {
      throw new MigrationStreamException("header checksum wrong");
    }
    int version = Short.toUnsignedInt(from.getShort(start + 4));
    if (version < WireLimits.OLDEST_VERSION || version > WireLimits.VERSION) {
      throw new MigrationStreamException(
          "protocol version "
              + version
              + ", this build speaks "
              + WireLimits.OLDEST_VERSION
              + " to "
              + WireLimits.VERSION);
    }
    MessageType type = MessageType.of(Byte.toUnsignedInt(from.get(start + 6)));
    int flags = Byte.toUnsignedInt(from.get(start + 7));
    if ((flags & ~KNOWN_FLAGS) != 0 || from.getShort(start + 10) != 0) {
      throw new MigrationStreamException("unknown flags in " + type + " header");
    }
    int channel = Short.toUnsignedInt(from.getShort(start + 8));
    if (channel > (version == 1 ? 0 : WireLimits.MAX_CHANNELS)) {
      throw new MigrationStreamException("channel " + channel + " in " + type + " header");
    }
    int payload = from.getInt(start + 16);
    int data = from.getInt(start + 20);
    if (payload < 0 || payload > type.maxPayload() || data < 0 || data > type.maxData()) {
      throw new MigrationStreamException(
          type
              + " too long: payload "
              + Integer.toUnsignedString(payload)
              + " of at most "
              + type.maxPayload()
              + ", data "
              + Integer.toUnsignedString(data)
              + " of at most "
              + type.maxData());
    }
    int dataCrc = from.getInt(start + 28);
    if ((flags & DATA_CRC) == 0 && dataCrc != 0) {
      throw new MigrationStreamException("data checksum without its flag");
    }
    from.position(start + BYTES);
    return new WireHeader(
        version,
        type,
        flags,
        channel,
        from.getInt(start + 12),
        payload,
        data,
        from.getInt(start + 24),
        dataCrc);
  }

  /** Whether a flag is set: {@link #DATA_CRC} or {@link #PAUSED}. */
  public boolean has(int flag) {
    return (flags & flag) != 0;
  }

  private static int crc(ByteBuffer buffer, int start) {
    CRC32C crc = new CRC32C();
    crc.update(buffer.slice(start, BYTES - 4));
    return (int) crc.getValue();
  }
}
