package aerostat.vmm.migration.wire;

import aerostat.vmm.migration.transport.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Frames messages onto a transport. For one thread. */
public final class WireWriter {
  private static final int MAX_BUFFERS = WireLimits.MAX_RUNS + 1;

  private final Transport transport;
  private final ByteBuffer head = ByteBuffer.allocateDirect(WireHeader.BYTES + largestPayload());
  private final ByteBuffer[] parts = new ByteBuffer[MAX_BUFFERS];
  private final StreamDigest pausedDigest = new StreamDigest();
  private int version = WireLimits.VERSION;
  private int channel;
  private int sequence;
  private boolean paused;
  private long bytes;

  public WireWriter(Transport transport) {
    this.transport = transport;
  }

  /** A destination answers in the version that the source speaks. */
  public void version(int spoken) {
    version = spoken;
  }

  /** The version that this side speaks. */
  public int version() {
    return version;
  }

  /** The number of this connection among those of its migration; 0, the default: the main one. */
  void channel(int number) {
    channel = number;
  }

  /** From here on data carries checksums and counts for {@link #pausedDigest}. */
  public void paused() {
    paused = true;
  }

  /** Digest of all that was sent after {@link #paused}, as both sides compute it. */
  public String pausedDigest() {
    return pausedDigest.hex();
  }

  /** Bytes sent so far, headers included. */
  public long bytes() {
    return bytes;
  }

  /** Sends a message without data. */
  public void send(MessageType type, byte[] payload) throws IOException {
    send(type, payload, payload.length, parts, 0, false);
  }

  /** Sends small data, always with a checksum. */
  public void send(MessageType type, byte[] payload, ByteBuffer data) throws IOException {
    send(type, payload, payload.length, new ByteBuffer[] {data}, 1, true);
  }

  /** Sends a message of the handover. */
  public void send(HandoverMessage message) throws IOException {
    send(message.type(), message.encode());
  }

  /**
   * Sends a message whose data lies in several buffers, without copying them.
   *
   * @param payloadLength bytes of the array that count
   * @param data positioned at what is to be sent; consumed
   * @param checksum whether data gets a checksum even while the guest runs
   */
  public void send(
      MessageType type,
      byte[] payload,
      int payloadLength,
      ByteBuffer[] data,
      int buffers,
      boolean checksum)
      throws IOException {
    int dataLength = 0;
    for (int i = 0; i < buffers; i++) {
      dataLength += data[i].remaining();
      parts[i + 1] = data[i];
    }
    if (payloadLength > type.maxPayload() || dataLength > type.maxData()) {
      throw new IllegalArgumentException(
          type + ": payload " + payloadLength + ", data " + dataLength + " beyond the limits");
    }
    boolean withCrc = dataLength > 0 && (paused || checksum);
    CRC32C crc = new CRC32C();
    crc.update(payload, 0, payloadLength);
    WireHeader header =
        new WireHeader(
            version,
            type,
            (withCrc ? WireHeader.DATA_CRC : 0) | (paused ? WireHeader.PAUSED : 0),
            channel,
            sequence++,
            payloadLength,
            dataLength,
            (int) crc.getValue(),
            withCrc ? dataCrc(data, buffers) : 0);
    head.clear();
    header.encode(head);
    if (paused && !HandoverMessage.carries(type)) {
      pausedDigest.add(head.slice(0, WireHeader.BYTES));
    }
    head.put(payload, 0, payloadLength).flip();
    parts[0] = head;
    bytes += WireHeader.BYTES + payloadLength + dataLength;
    transport.write(parts, buffers + 1);
  }

  private static int dataCrc(ByteBuffer[] data, int buffers) {
    CRC32C crc = new CRC32C();
    for (int i = 0; i < buffers; i++) {
      int position = data[i].position();
      crc.update(data[i]);
      data[i].position(position);
    }
    return (int) crc.getValue();
  }

  private static int largestPayload() {
    int largest = 0;
    for (MessageType type : MessageType.values()) {
      largest = Math.max(largest, type.maxPayload());
    }
    return largest;
  }
}
