package aerostat.tools.fuzz.stream;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * One message of a stream, taken apart as docs/migration.md lays it out, so that an input can
 * damage any part of it under checksums that are right.
 *
 * @param connection 0: the main one; others are opened when they are first used
 * @param version of the protocol
 */
record Message(
    int connection, int version, int type, int flags, int channel, byte[] payload, byte[] data) {
  static final int HEADER = 36;
  static final int PAGES = 5;
  static final int ZERO = 6;
  static final int FINAL = 11;
  static final int READY = 12;
  static final int COMMIT = 13;
  static final int QUERY = 16;
  static final int ANSWER = 17;
  static final int REFUSE = 4;
  static final int MISSING = 20;
  static final int DATA_CRC = 1;
  static final int PAUSED = 2;
  private static final int MAGIC = 0x4D524541;

  /** The messages of a recorded connection. */
  static List<Message> parse(int connection, byte[] stream) {
    List<Message> messages = new ArrayList<>();
    ByteBuffer in = ByteBuffer.wrap(stream).order(ByteOrder.LITTLE_ENDIAN);
    while (in.remaining() >= HEADER) {
      int at = in.position();
      byte[] payload = new byte[in.getInt(at + 16)];
      byte[] data = new byte[in.getInt(at + 20)];
      in.position(at + HEADER);
      in.get(payload).get(data);
      messages.add(
          new Message(
              connection,
              in.getShort(at + 4),
              in.get(at + 6),
              in.get(at + 7),
              in.getShort(at + 8),
              payload,
              data));
    }
    return messages;
  }

  Message withPayload(byte[] bytes) {
    return new Message(connection, version, type, flags, channel, bytes, data);
  }

  Message withData(byte[] bytes) {
    return new Message(connection, version, type, flags, channel, payload, bytes);
  }

  Message withHeader(int newVersion, int newType, int newFlags, int newChannel) {
    return new Message(connection, newVersion, newType, newFlags, newChannel, payload, data);
  }

  Message on(int other) {
    return new Message(other, version, type, flags, channel, payload, data);
  }

  boolean has(int flag) {
    return (flags & flag) != 0;
  }

  /** The 36 bytes of the header, sealed. */
  byte[] header(int sequence) {
    ByteBuffer out = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(MAGIC)
        .putShort((short) version)
        .put((byte) type)
        .put((byte) flags)
        .putShort((short) channel)
        .putShort((short) 0)
        .putInt(sequence)
        .putInt(payload.length)
        .putInt(data.length)
        .putInt(crc(payload, payload.length))
        .putInt(has(DATA_CRC) ? crc(data, data.length) : 0);
    return out.putInt(crc(out.array(), HEADER - 4)).array();
  }

  private static int crc(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }
}
