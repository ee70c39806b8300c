package aerostat.vmm.migration;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.UUID;
import net.openhft.chronicle.bytes.Bytes;

/**
 * Takes the structured part of a message apart. Every read checks first that the bytes are there:
 * the library would let some reads run past the end.
 */
final class PayloadReader {
  private final MessageType type;
  private final Bytes<byte[]> bytes;

  PayloadReader(MessageType type, byte[] payload) {
    this.type = type;
    this.bytes = Bytes.wrapForRead(payload);
  }

  long remaining() {
    return bytes.readRemaining();
  }

  int u8(String what) throws MigrationStreamException {
    need(1, what);
    return bytes.readUnsignedByte();
  }

  int u32(String what) throws MigrationStreamException {
    need(4, what);
    return bytes.readInt();
  }

  long u64(String what) throws MigrationStreamException {
    need(8, what);
    return bytes.readLong();
  }

  boolean bool(String what) throws MigrationStreamException {
    int value = u8(what);
    if (value > 1) {
      throw bad(what + " is " + value + ", neither 0 nor 1");
    }
    return value == 1;
  }

  /** A number in [low, high]; anything else is refused with its name. */
  long within(String what, long low, long high) throws MigrationStreamException {
    long value = u64(what);
    if (value < low || value > high) {
      throw bad(what + " is " + value + ", allowed " + low + " to " + high);
    }
    return value;
  }

  UUID uuid() throws MigrationStreamException {
    return new UUID(u64("uuid"), u64("uuid"));
  }

  String digest(String what) throws MigrationStreamException {
    return HexFormat.of().formatHex(take(32, what));
  }

  String text(String what, int maxBytes) throws MigrationStreamException {
    int length = u32(what);
    if (length < 0 || length > maxBytes) {
      throw bad(what + " has " + Integer.toUnsignedString(length) + " bytes of " + maxBytes);
    }
    byte[] raw = take(length, what);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(raw)).toString();
    } catch (CharacterCodingException e) {
      throw bad(what + " is not UTF-8");
    }
  }

  /** Nothing may be left. */
  void end() throws MigrationStreamException {
    if (remaining() != 0) {
      throw bad(remaining() + " bytes too many");
    }
  }

  MigrationStreamException bad(String reason) {
    return new MigrationStreamException(type + ": " + reason);
  }

  private byte[] take(int length, String what) throws MigrationStreamException {
    need(length, what);
    byte[] raw = new byte[length];
    bytes.read(raw);
    return raw;
  }

  private void need(int count, String what) throws MigrationStreamException {
    if (remaining() < count) {
      throw bad("ends before " + what);
    }
  }
}
