package aerostat.vmm.migration.wire;

import aerostat.vmm.migration.transport.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Takes messages off a transport. Header, then {@link #payload}, then all data by {@link #data}, in
 * this order; what is skipped is an error of the caller. For one thread.
 */
public final class WireReader {
  private final Transport transport;
  private final ByteBuffer head = ByteBuffer.allocateDirect(WireHeader.BYTES);
  private final StreamDigest pausedDigest = new StreamDigest();
  private final CRC32C dataCrc = new CRC32C();
  private int channel;
  private int sequence;
  private int dataLeft;
  private boolean paused;
  private long bytes;
  private WireHeader current =
      new WireHeader(WireLimits.VERSION, MessageType.QUERY, 0, 0, 0, 0, 0, 0, 0);

  WireReader(Transport transport) {
    this.transport = transport;
  }

  /** The number that messages have to carry; 0, the default: the main channel's. */
  void channel(int number) {
    channel = number;
  }

  /** Version of the message whose header was read last. */
  public int version() {
    return current.version();
  }

  /** The next header, checked. */
  public WireHeader next() throws IOException {
    head.clear();
    transport.read(head);
    head.flip();
    WireHeader header = WireHeader.decode(head);
    if (header.sequence() != sequence) {
      throw new MigrationStreamException(
          header.type() + ": message number " + header.sequence() + ", expected " + sequence);
    }
    sequence++;
    if (header.channel() != channel && header.type() != MessageType.CHANNEL) {
      throw new MigrationStreamException(
          header.type() + ": of channel " + header.channel() + " on channel " + channel);
    }
    if (paused && !header.has(WireHeader.PAUSED)) {
      throw new MigrationStreamException(header.type() + ": not marked as sent after the pause");
    }
    if (header.has(WireHeader.PAUSED)) {
      paused = true;
      if (header.dataLength() > 0 && !header.has(WireHeader.DATA_CRC)) {
        throw new MigrationStreamException(header.type() + ": data after the pause, no checksum");
      }
      if (!HandoverMessage.carries(header.type())) {
        head.position(0);
        pausedDigest.add(head);
      }
    }
    bytes += WireHeader.BYTES + header.payloadLength() + header.dataLength();
    dataLeft = header.dataLength();
    dataCrc.reset();
    current = header;
    return header;
  }

  /** Whether the sender's guest is paused, by the messages so far. */
  boolean paused() {
    return paused;
  }

  /** Digest of all that came after the pause, as both sides compute it. */
  public String pausedDigest() {
    return pausedDigest.hex();
  }

  /** Bytes received so far. */
  public long bytes() {
    return bytes;
  }

  /** The payload of the message whose header was read last; its checksum was right. */
  public byte[] payload() throws IOException {
    byte[] payload = new byte[current.payloadLength()];
    transport.read(ByteBuffer.wrap(payload));
    CRC32C crc = new CRC32C();
    crc.update(payload);
    if ((int) crc.getValue() != current.payloadCrc()) {
      throw new MigrationStreamException(current.type() + ": payload checksum wrong");
    }
    return payload;
  }

  /** The payload, to be taken apart. */
  public PayloadReader fields() throws IOException {
    return new PayloadReader(current.type(), payload());
  }

  /** Fills a buffer from the message's data; the checksum is told at the last byte. */
  public void data(ByteBuffer into) throws IOException {
    int count = into.remaining();
    if (count > dataLeft) {
      throw new MigrationStreamException(
          current.type() + ": " + count + " bytes of data needed, " + dataLeft + " left");
    }
    int position = into.position();
    transport.read(into);
    dataLeft -= count;
    if (current.has(WireHeader.DATA_CRC)) {
      dataCrc.update(into.flip().position(position));
      if (dataLeft == 0 && (int) dataCrc.getValue() != current.dataCrc()) {
        throw new MigrationStreamException(current.type() + ": data checksum wrong");
      }
    }
  }

  /** All data in one array; only for messages whose limit is small. */
  public byte[] data() throws IOException {
    byte[] data = new byte[dataLeft];
    data(ByteBuffer.wrap(data));
    return data;
  }

  /** Every byte of the message must have been taken. */
  public void end() throws MigrationStreamException {
    if (dataLeft != 0) {
      throw new MigrationStreamException(current.type() + ": " + dataLeft + " bytes too many");
    }
  }
}
