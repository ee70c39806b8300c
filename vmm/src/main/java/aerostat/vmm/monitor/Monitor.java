package aerostat.vmm.monitor;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.LoggerFactory;

/**
 * All QMP servers and sessions of one VMM process over one {@link CommandTable}. Thread-safe.
 * Events reach every client that has negotiated; the thread that brings one never waits for a
 * client.
 */
public final class Monitor implements AutoCloseable {
  /** Clients at a time, over all servers. */
  static final int MAX_SESSIONS = 32;

  private static final long CHANGE_PERIOD_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final CommandTable commands;
  private final List<QmpServer> servers = new CopyOnWriteArrayList<>();
  private final Set<QmpSession> sessions = ConcurrentHashMap.newKeySet();
  private final AtomicLong sessionNumber = new AtomicLong();
  private final EventThrottle<Map<String, Object>> balloonChange =
      new EventThrottle<>(
          CHANGE_PERIOD_NANOS, System::nanoTime, Monitor::later, this::broadcastEvent);

  private final Runnable onQuit;
  private final AtomicBoolean quitRequested = new AtomicBoolean();

  /**
   * @param commands gets the protocol's own commands added
   * @param onQuit runs once, when {@code quit} has been answered; must not block
   */
  public Monitor(CommandTable commands, Runnable onQuit) {
    this.commands = commands;
    this.onQuit = onQuit;
    commands.addAll(ProtocolCommands.all(commands, () -> quitRequested.set(true)));
  }

  /** A session has queued an answer; {@code quit} takes effect behind its own. */
  void answered() {
    if (quitRequested.compareAndSet(true, false)) {
      onQuit.run();
    }
  }

  CommandTable commands() {
    return commands;
  }

  /** Opens a socket; an IOException's message is fit for the user. */
  public QmpServer listen(Endpoint endpoint) throws IOException {
    QmpServer server = QmpServer.listen(this, endpoint);
    servers.add(server);
    return server;
  }

  /** Sends an event with the time of now. BALLOON_CHANGE goes out at most once a second. */
  public void event(String name, Map<String, ?> data) {
    Instant now = Instant.now();
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("event", name);
    if (!data.isEmpty()) {
      event.put("data", data);
    }
    event.put(
        "timestamp",
        Map.of("seconds", now.getEpochSecond(), "microseconds", (long) now.getNano() / 1000));
    if (name.equals("BALLOON_CHANGE")) {
      balloonChange.event(event);
    } else {
      broadcastEvent(event);
    }
  }

  private void broadcastEvent(Map<String, Object> event) {
    if (sessions.isEmpty()) {
      return;
    }
    byte[] line = QmpSession.line(event);
    sessions.forEach(session -> session.event(line));
  }

  Map<String, Object> greeting() {
    Map<String, Object> qmp = new LinkedHashMap<>();
    qmp.put("version", Version.map());
    qmp.put("capabilities", List.of());
    return Map.of("QMP", qmp);
  }

  /** Begins a session, or tells the client why not and hangs up. */
  void admit(SocketChannel client) {
    if (sessions.size() >= MAX_SESSIONS) {
      LoggerFactory.getLogger(Monitor.class)
          .warn("a QMP client was turned away: {} are connected", MAX_SESSIONS);
      QmpSession.turnAway(client, MAX_SESSIONS + " clients are connected already");
      return;
    }
    QmpSession session = new QmpSession(this, client, "qmp-" + sessionNumber.incrementAndGet());
    sessions.add(session);
    try {
      session.start();
    } catch (OutOfMemoryError noThread) {
      session.close();
      throw noThread;
    }
  }

  void ended(QmpSession session) {
    sessions.remove(session);
  }

  /** One short-lived thread an event held back, so none lives in a VMM that needs none. */
  private static void later(long nanos, Runnable action) {
    Thread.ofPlatform()
        .daemon()
        .name("qmp-event")
        .start(
            () -> {
              long end = System.nanoTime() + nanos;
              for (long left = nanos; left > 0; left = end - System.nanoTime()) {
                LockSupport.parkNanos(left);
              }
              action.run();
            });
  }

  /** Takes the sockets away, lets answers under way reach their clients, hangs up. */
  @Override
  public void close() {
    servers.forEach(QmpServer::close);
    sessions.forEach(QmpSession::finish);
  }
}
