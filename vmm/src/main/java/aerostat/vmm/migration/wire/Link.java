package aerostat.vmm.migration.wire;

import aerostat.vmm.migration.transport.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/** A connection with both directions framed. */
public final class Link implements AutoCloseable {
  private static final int MAX_REASON = 2000;
  private static final long REASON_PATIENCE = TimeUnit.MILLISECONDS.toNanos(200);

  /** How long a peer that was refused may go on before its connection is closed. */
  private static final long LINGER = TimeUnit.SECONDS.toNanos(1);

  private final Transport transport;
  private final WireWriter out;
  private final WireReader in;

  public Link(Transport transport) {
    this.transport = transport;
    this.out = new WireWriter(transport);
    this.in = new WireReader(transport);
  }

  /** What carries the bytes. */
  public Transport transport() {
    return transport;
  }

  /** What this side says. */
  public WireWriter out() {
    return out;
  }

  /** What the other side says. */
  public WireReader in() {
    return in;
  }

  /** Which of a migration's connections this is: 1 for the first beside the main one. */
  public void channel(int number) {
    out.channel(number);
    in.channel(number);
  }

  /** Says no, with a reason; the peer may be gone already. */
  public void refuse(String reason) {
    String text = reason.length() > MAX_REASON ? reason.substring(0, MAX_REASON) : reason;
    byte[] payload = new PayloadWriter().text(text).done();
    try {
      out.send(
          MessageType.REFUSE,
          payload.length <= MessageType.REFUSE.maxPayload()
              ? payload
              : new PayloadWriter().text("refused").done());
    } catch (IOException e) {
      // The reason is in this side's log and status; nothing else can be told to a peer that left.
      transport.close();
    }
  }

  /**
   * After {@link #refuse}: takes and forgets what the peer sends until it has closed the
   * connection. Closed at once, a peer in the midst of a message finds its write broken and not the
   * reason.
   */
  public void linger() {
    ByteBuffer taken = ByteBuffer.allocateDirect(64 << 10);
    long deadline = System.nanoTime() + LINGER;
    transport.patience(LINGER);
    transport.stopWhen(() -> System.nanoTime() - deadline > 0);
    try {
      while (System.nanoTime() - deadline < 0) {
        transport.read(taken.clear());
      }
    } catch (IOException e) {
      // It has closed, or does not.
      transport.close();
    }
  }

  /**
   * What a failed write was about: a peer that refuses closes at once, which may show before its
   * reason.
   */
  public IOException reasonOfPeer(IOException e) {
    if (e instanceof Transport.StoppedException || e instanceof MigrationRefusedException) {
      return e;
    }
    try {
      transport.patience(REASON_PATIENCE);
      for (WireHeader h = in.next(); ; h = in.next()) {
        expect(h, MessageType.REFUSE);
      }
    } catch (MigrationRefusedException refused) {
      return refused;
    } catch (IOException none) {
      return e;
    }
  }

  /** The message whose header was read must be of this type; a refusal is thrown as such. */
  public void expect(WireHeader header, MessageType type) throws IOException {
    if (header.type() == MessageType.REFUSE) {
      throw refusal();
    }
    if (header.type() != type) {
      throw new MigrationStreamException(header.type() + " where " + type + " was expected");
    }
  }

  /** The handover message whose header was read. */
  public HandoverMessage handover(WireHeader header) throws IOException {
    if (header.type() == MessageType.REFUSE) {
      throw refusal();
    }
    if (!HandoverMessage.carries(header.type()) || header.dataLength() != 0) {
      throw new MigrationStreamException(header.type() + " does not belong into a handover");
    }
    return HandoverMessage.decode(header.type(), in.fields());
  }

  private MigrationRefusedException refusal() throws IOException {
    PayloadReader fields = in.fields();
    String reason = fields.text("reason", MessageType.REFUSE.maxPayload());
    fields.end();
    return new MigrationRefusedException("the destination refused: " + reason);
  }

  @Override
  public void close() {
    transport.close();
  }
}
