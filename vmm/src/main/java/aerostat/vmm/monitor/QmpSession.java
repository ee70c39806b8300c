package aerostat.vmm.monitor;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** One client: greeting, negotiation, then commands; a thread that reads and one that writes. */
final class QmpSession {
  /** Bytes of answers and events that may wait for a client. */
  static final int OUTBOX_BYTES = 256 << 10;

  /**
   * Longest message of a client, in bytes: far more than any command needs, and little enough that
   * all clients together cannot fill the heap.
   */
  static final int MAX_REQUEST = 64 << 10;

  private static final long GOODBYE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Monitor monitor;
  private final SocketChannel channel;
  private final String name;
  private final Outbox outbox = new Outbox(OUTBOX_BYTES);
  private volatile boolean negotiated;

  QmpSession(Monitor monitor, SocketChannel channel, String name) {
    this.monitor = monitor;
    this.channel = channel;
    this.name = name;
  }

  void start() {
    Thread.ofPlatform().daemon().name(name + "-in").start(this::readLoop);
    Thread.ofPlatform().daemon().name(name + "-out").start(this::writeLoop);
  }

  /** Tells a new client why it gets no session, and hangs up; its buffer has room for that. */
  static void turnAway(SocketChannel client, String reason) {
    try (client) {
      client.write(ByteBuffer.wrap(line(error(QmpException.generic(reason)))));
    } catch (IOException gone) {
      // It need not be told any more.
    }
  }

  /** Sends an event if the client has negotiated; a client without room for it is dropped. */
  void event(byte[] line) {
    if (negotiated && !outbox.offer(line)) {
      LoggerFactory.getLogger(QmpSession.class)
          .warn("{}: client does not read its events, dropped", name);
      close();
    }
  }

  /** Lets what is under way reach the client, then hangs up. */
  void finish() {
    try {
      outbox.drain(GOODBYE_NANOS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    close();
  }

  void close() {
    outbox.close();
    // Before the client can see the end: whoever comes back at once finds its place free.
    monitor.ended(this);
    try {
      channel.close();
    } catch (IOException gone) {
      // Closing was the aim.
    }
  }

  private void readLoop() {
    try {
      MessageReader reader =
          new MessageReader(new BufferedInputStream(new Input(channel), 4096), MAX_REQUEST);
      boolean open = outbox.put(line(monitor.greeting()));
      while (open) {
        byte[] line = nextAnswer(reader);
        if (line == null) {
          break;
        }
        open = outbox.put(line);
        monitor.answered();
      }
      outbox.drain(GOODBYE_NANOS);
    } catch (IOException gone) {
      // A client may go at any time; closing below is all there is to do.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (OutOfMemoryError e) {
      outOfMemory(e);
    } finally {
      close();
    }
  }

  /** Reads a command and runs it; while its answer waits for room, nothing else of it is kept. */
  private byte @Nullable [] nextAnswer(MessageReader reader) throws IOException {
    try {
      byte[] message = reader.next();
      return message == null ? null : line(answer(Json.read(message)));
    } catch (Json.SyntaxException e) {
      return line(error(QmpException.generic("JSON parse error, " + e.getMessage())));
    }
  }

  private void writeLoop() {
    try {
      for (byte[] message = outbox.take(); message != null; message = outbox.take()) {
        ByteBuffer buffer = ByteBuffer.wrap(message);
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
        outbox.written();
      }
    } catch (IOException gone) {
      // A client may go at any time; closing below is all there is to do.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (OutOfMemoryError e) {
      outOfMemory(e);
    } finally {
      close();
    }
  }

  /** Ends this session only, and gives back what it holds. */
  private void outOfMemory(OutOfMemoryError e) {
    LoggerFactory.getLogger(QmpSession.class).warn("{} ends: {}", name, e.toString());
  }

  private Map<String, @Nullable Object> answer(@Nullable Object message) {
    Object id = null;
    boolean hasId = false;
    Map<String, @Nullable Object> answer;
    try {
      if (!(message instanceof Map<?, ?> request)) {
        throw QmpException.generic("QMP input must be a JSON object");
      }
      hasId = request.containsKey("id");
      id = request.get("id");
      answer = new LinkedHashMap<>();
      answer.put("return", execute(request));
    } catch (QmpException e) {
      answer = error(e);
    }
    if (hasId) {
      answer.put("id", id);
    }
    return answer;
  }

  private @Nullable Object execute(Map<?, ?> request) {
    for (Object key : request.keySet()) {
      if (!key.equals("execute") && !key.equals("arguments") && !key.equals("id")) {
        throw QmpException.generic(
            "QMP input member '" + Json.shortened(key.toString()) + "' is unexpected");
      }
    }
    if (!request.containsKey("execute")) {
      throw QmpException.generic("QMP input lacks member 'execute'");
    }
    if (!(request.get("execute") instanceof String command)) {
      throw QmpException.generic("QMP input member 'execute' must be a string");
    }
    Map<String, @Nullable Object> arguments = new LinkedHashMap<>();
    if (request.containsKey("arguments")) {
      if (!(request.get("arguments") instanceof Map<?, ?> given)) {
        throw QmpException.generic("QMP input member 'arguments' must be an object");
      }
      given.forEach((key, value) -> arguments.put(key.toString(), value));
    }
    boolean negotiation = command.equals(CommandTable.NEGOTIATE);
    if (negotiation == negotiated) {
      throw new QmpException(
          QmpException.ErrorClass.CommandNotFound,
          negotiated
              ? "Capabilities negotiation is already complete, command ignored"
              : "Expecting capabilities negotiation with 'qmp_capabilities'");
    }
    Object result = monitor.commands().execute(command, arguments);
    if (negotiation) {
      negotiated = true;
    }
    return result;
  }

  private static Map<String, @Nullable Object> error(QmpException e) {
    Map<String, @Nullable Object> answer = new LinkedHashMap<>();
    Map<String, Object> error = new LinkedHashMap<>();
    error.put("class", e.errorClass().name());
    error.put("desc", String.valueOf(e.getMessage()));
    answer.put("error", error);
    return answer;
  }

  /** QEMU ends each message with CR LF, and some clients want it so. */
  static byte[] line(Object message) {
    byte[] json = Json.write(message);
    byte[] line = java.util.Arrays.copyOf(json, json.length + 2);
    line[json.length] = '\r';
    line[json.length + 1] = '\n';
    return line;
  }

  /**
   * The channel's own bytes. {@link java.nio.channels.Channels} would hold a lock while it reads
   * that a writer needs.
   */
  static final class Input extends InputStream {
    private final SocketChannel channel;

    Input(SocketChannel channel) {
      this.channel = channel;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      return channel.read(ByteBuffer.wrap(into, offset, length));
    }
  }
}
