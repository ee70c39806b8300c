package aerostat.tools.fuzz.stream;

import aerostat.tools.fuzz.FuzzFinding;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** The source's side of all connections of one input. */
final class HostileSource {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);
  private static final long LOOK = 10_000;
  private static final int MOST_CONNECTIONS = 12;
  private static final int DIGEST = 20;

  private static final class Connection {
    final Wire wire;
    final MessageDigest paused = sha();
    int sequence;

    Connection(Wire wire) {
      this.wire = wire;
    }
  }

  private final Doors doors;
  private final int pages;
  private final @Nullable Connection[] current = new @Nullable Connection[2];
  private final List<Connection> all = new ArrayList<>();
  private final BitSet named;
  private long sent;
  private boolean committed;
  private boolean channels;

  HostileSource(Doors doors, int pages) {
    this.doors = doors;
    this.pages = pages;
    named = new BitSet(pages);
  }

  /** Pages that some message told the receiver to fill. */
  BitSet named() {
    return named;
  }

  long sent() {
    return sent;
  }

  /** Whether a COMMIT of this guest went out. */
  boolean committed() {
    return committed;
  }

  List<Wire> wires() {
    return all.stream().map(connection -> connection.wire).toList();
  }

  private Connection connection(int index) {
    Connection there = current[index];
    if (there == null) {
      there = new Connection(doors.connect());
      current[index] = there;
      all.add(there);
    }
    return there;
  }

  /** A new connection takes the place of this one, which stays open. */
  boolean reconnect(int index) {
    if (all.size() >= MOST_CONNECTIONS) {
      return false;
    }
    current[index] = null;
    return true;
  }

  /**
   * Sends a message, sealed, and waits until the receiver has come to rest.
   *
   * @param rightDigest whether FINAL gets the digest of what was sent
   * @param bytes that go, at most
   */
  void send(Message message, boolean rightDigest, int bytes) {
    Connection to = connection(message.connection());
    Message ready =
        rightDigest && message.type() == Message.FINAL && message.payload().length > DIGEST + 32
            ? message.withPayload(withDigest(message.payload(), to))
            : message;
    byte[] header = ready.header(to.sequence++);
    if (ready.has(Message.PAUSED)
        && (ready.type() < Message.FINAL || ready.type() > Message.ANSWER)) {
      to.paused.update(header);
    }
    note(ready);
    int left = put(to, header, bytes);
    left = put(to, ready.payload(), left);
    put(to, ready.data(), left);
    rest();
  }

  private void note(Message message) {
    channels |= message.connection() == 1 && message.channel() == 1;
    committed |= message.type() == Message.COMMIT;
    boolean table =
        message.type() == Message.PAGES
            || message.type() == Message.ZERO
            || message.type() == Message.MISSING;
    if (!table) {
      return;
    }
    ByteBuffer in = ByteBuffer.wrap(message.payload()).order(ByteOrder.LITTLE_ENDIAN);
    while (in.remaining() >= 12) {
      long first = in.getLong();
      long count = in.getInt() & 0xffff_ffffL;
      if (first >= 0 && first < pages) {
        named.set((int) first, (int) Math.min(pages, first + count));
      }
    }
  }

  private int put(Connection to, byte[] bytes, int most) {
    int length = Math.min(bytes.length, most);
    to.wire.put(bytes, 0, length);
    sent += length;
    return most - length;
  }

  /** Bytes that are no message of ours. */
  void raw(int index, byte[] bytes) {
    put(connection(index), bytes, bytes.length);
    rest();
  }

  void close(int index) {
    Connection there = current[index];
    if (there != null) {
      there.wire.end();
      current[index] = null;
      rest();
    }
  }

  /** The newest first: a channel's end frees the main connection from its barrier. */
  void closeAll() {
    for (Connection each : all.reversed()) {
      each.wire.end();
      rest();
    }
  }

  /** Waits until nothing more happens on any connection. */
  void rest() {
    long begun = System.nanoTime();
    for (int quiet = 0; quiet < all.size(); ) {
      Wire wire = all.get(quiet).wire;
      if (wire.atRest()) {
        quiet++;
        continue;
      }
      quiet = 0; // what one does may wake another
      if (System.nanoTime() - begun > PATIENCE) {
        throw FuzzFinding.hang("a connection is busy for a minute" + stack(wire));
      }
      LockSupport.parkNanos(LOOK);
    }
  }

  private static String stack(Wire wire) {
    Thread busy = wire.reader();
    return busy == null ? "" : ": " + List.of(busy.getStackTrace());
  }

  private byte[] withDigest(byte[] payload, Connection main) {
    byte[] digest = digest(main);
    Connection beside = current[1];
    if (channels) {
      String joined =
          HexFormat.of().formatHex(digest)
              + (beside == null ? "" : HexFormat.of().formatHex(digest(beside)));
      digest = sha().digest(joined.getBytes(StandardCharsets.US_ASCII));
    }
    byte[] right = payload.clone();
    System.arraycopy(digest, 0, right, DIGEST, digest.length);
    return right;
  }

  private static byte[] digest(Connection connection) {
    try {
      return ((MessageDigest) connection.paused.clone()).digest();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static MessageDigest sha() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
