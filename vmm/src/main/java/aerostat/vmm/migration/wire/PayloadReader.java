package aerostat.vmm.migration.wire;

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
public final class PayloadReader {
  private final MessageType type;
  private final Bytes<byte[]> bytes;

  /** The type is for the messages of exceptions. */
  public PayloadReader(MessageType type, byte[] payload) {
    this.type = type;
    this.bytes = Bytes.wrapForRead(payload);
  }

  /** Bytes not taken yet. */
  public long remaining() {
    return bytes.readRemaining();
  }

  public int u8(String what) throws MigrationStreamException {
    need(1, what);
    return bytes.readUnsignedByte();
  }

  public int u32(String what) throws MigrationStreamException {
    need(4, what);
    return bytes.readInt();
  }

  public long u64(String what) throws MigrationStreamException {
    need(8, what);
    return bytes.readLong();
  }

  public boolean bool(String what) throws MigrationStreamException {
    int value = u8(what);
    if (value > 1) {
      throw bad(what + " is " + value + ", neither 0 nor 1");
    }
    return value == 1;
  }

  /** A number in [low, high]; anything else is refused with its name. */
  public long within(String what, long low, long high) throws MigrationStreamException {
    long value = u64(what);
    if (value < low || value > high) {
      throw bad(what + " is " + value + ", allowed " + low + " to " + high);
    }
    return value;
  }

  public UUID uuid() throws MigrationStreamException {
    return new UUID(u64("uuid"), u64("uuid"));
  }

  public String digest(String what) throws MigrationStreamException {
    return HexFormat.of().formatHex(take(32, what));
  }

  public String text(String what, int maxBytes) throws MigrationStreamException {
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
  public void end() throws MigrationStreamException {
    if (remaining() != 0) {
      throw bad(remaining() + " bytes too many");
    }
  }

  /** What to throw for a value that is wrong. */
  public MigrationStreamException bad(String reason) {
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
