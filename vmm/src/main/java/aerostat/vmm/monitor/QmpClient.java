package aerostat.vmm.monitor;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A client of any QMP server. One command at a time; events that arrive meanwhile wait in a queue.
 * Thread-safe.
 */
public final class QmpClient implements AutoCloseable {
  /** A server that floods a client is not listened to beyond this many unread events. */
  private static final int MAX_EVENTS = 10_000;

  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private final SocketChannel channel;
  private final String name;
  private final BlockingQueue<Map<String, @Nullable Object>> answers = new LinkedBlockingQueue<>();
  private final BlockingQueue<Map<String, @Nullable Object>> events =
      new LinkedBlockingQueue<>(MAX_EVENTS);
  private final ReentrantLock oneCommand = new ReentrantLock();
  private long lastId;

  private QmpClient(SocketChannel channel, String name) {
    this.channel = channel;
    this.name = name;
  }

  /**
   * Connects, reads the greeting and negotiates.
   *
   * @throws IOException with a message fit for the user: nobody there, or not a QMP server
   */
  public static QmpClient connect(Endpoint endpoint) throws IOException {
    SocketAddress address = endpoint.socketAddress();
    if (address instanceof InetSocketAddress inet && inet.isUnresolved()) {
      throw new IOException(endpoint + ": the host name cannot be resolved");
    }
    SocketChannel channel;
    try {
      channel = SocketChannel.open(address);
    } catch (IOException e) {
      throw new ConnectException(
          "cannot connect to " + endpoint + ": " + e.getMessage() + "; is the VM running?");
    }
    QmpClient client = new QmpClient(channel, endpoint.toString());
    Thread.ofPlatform().daemon().name("qmp-client").start(client::readLoop);
    try {
      Map<String, @Nullable Object> greeting = client.take(Duration.ofSeconds(10));
      if (!greeting.containsKey("QMP")) {
        throw new IOException(endpoint + " is not a QMP server");
      }
      client.execute("qmp_capabilities", Map.of());
      return client;
    } catch (IOException e) {
      client.close();
      throw e;
    }
  }

  /**
   * As {@link #connect(Endpoint)}, for a server that is starting: tries again while nobody listens
   * there yet.
   */
  public static QmpClient connect(Endpoint endpoint, Duration patience) throws IOException {
    long end = System.nanoTime() + patience.toNanos();
    while (true) {
      try {
        return connect(endpoint);
      } catch (ConnectException e) {
        if (System.nanoTime() - end >= 0) {
          throw e;
        }
        LockSupport.parkNanos(RETRY_NANOS);
      }
    }
  }

  /**
   * Runs a command and waits for its answer.
   *
   * @return what the server put under {@code return}
   * @throws QmpError the server's error
   * @throws IOException the connection is gone
   */
  public @Nullable Object execute(String command, Map<String, ?> arguments) throws IOException {
    return execute(command, arguments, Duration.ofDays(1));
  }

  /** As above, with a limit to the wait. */
  public @Nullable Object execute(String command, Map<String, ?> arguments, Duration limit)
      throws IOException {
    oneCommand.lock();
    try {
      Map<String, Object> request = new LinkedHashMap<>();
      request.put("execute", command);
      if (!arguments.isEmpty()) {
        request.put("arguments", arguments);
      }
      Long id = ++lastId;
      request.put("id", id);
      ByteBuffer line = ByteBuffer.wrap(QmpSession.line(request));
      while (line.hasRemaining()) {
        channel.write(line);
      }
      Map<String, @Nullable Object> answer = take(limit);
      while (answer.containsKey("id") && !id.equals(answer.get("id"))) {
        answer = take(limit);
      }
      if (answer.get("error") instanceof Map<?, ?> error) {
        throw new QmpError(String.valueOf(error.get("class")), String.valueOf(error.get("desc")));
      }
      return answer.get("return");
    } finally {
      oneCommand.unlock();
    }
  }

  /** {@link #execute} for commands that answer with an object. */
  public Map<String, @Nullable Object> query(String command) throws IOException {
    return asObject(execute(command, Map.of()));
  }

  /** The next event, or null when none came in time or the connection is gone. */
  public @Nullable Map<String, @Nullable Object> event(Duration wait) throws InterruptedException {
    return events.poll(wait.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** A JSON object with the types that {@link Json} gives it; empty for anything else. */
  public static Map<String, @Nullable Object> asObject(@Nullable Object value) {
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    if (value instanceof Map<?, ?> map) {
      map.forEach((key, member) -> object.put(String.valueOf(key), member));
    }
    return object;
  }

  private Map<String, @Nullable Object> take(Duration limit) throws IOException {
    try {
      Map<String, @Nullable Object> answer = answers.poll(limit.toNanos(), TimeUnit.NANOSECONDS);
      if (answer == null) {
        throw new IOException(name + " does not answer");
      }
      if (answer.isEmpty()) {
        answers.add(answer);
        throw new IOException(name + " has closed the connection");
      }
      return answer;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private void readLoop() {
    MessageReader reader =
        new MessageReader(
            new BufferedInputStream(new QmpSession.Input(channel), 4096), Json.MAX_BYTES);
    try {
      for (byte[] message = reader.next(); message != null; message = reader.next()) {
        Map<String, @Nullable Object> object = asObject(Json.read(message));
        if (!object.containsKey("event")) {
          answers.add(object);
        } else if (!events.offer(object)) {
          events.poll();
          events.offer(object);
        }
      }
    } catch (IOException | Json.SyntaxException gone) {
      // The empty answer below tells whoever waits.
    } finally {
      answers.add(Map.of());
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** The server's error answer. */
  public static final class QmpError extends IOException {
    private static final long serialVersionUID = 1;

    private final String errorClass;

    QmpError(String errorClass, String description) {
      super(description);
      this.errorClass = errorClass;
    }

    /** GenericError, CommandNotFound, … */
    public String errorClass() {
      return errorClass;
    }
  }
}
