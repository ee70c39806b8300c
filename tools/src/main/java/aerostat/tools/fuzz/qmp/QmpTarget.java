package aerostat.tools.fuzz.qmp;

import aerostat.tools.fuzz.FuzzFinding;
import aerostat.tools.fuzz.FuzzLog;
import aerostat.tools.fuzz.FuzzTarget;
import aerostat.tools.fuzz.Outcomes;
import aerostat.vmm.monitor.Json;
import com.sun.management.ThreadMXBean;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The monitor at a true socket, before a machine of its own that nobody started: an input is what
 * one client writes until it hangs up.
 */
public final class QmpTarget implements FuzzTarget {
  private static final long PATIENCE_MILLIS = 60_000;

  /** Bytes that one input may make the monitor allocate. */
  private static final long MOST_ALLOCATED = 64L << 20;

  /** The client's own words, of which there is no end. */
  private static final Pattern QUOTED = Pattern.compile("'[^']*'");

  /** A reason that is no answer but a check that is missing. */
  private static final Pattern ACCIDENT =
      Pattern.compile("Internal error|Exception|out of bounds|because \"|^null$");

  private static final byte[] STATUS =
      "{\"execute\": \"qmp_capabilities\"}{\"execute\": \"query-status\"}"
          .getBytes(StandardCharsets.UTF_8);

  /** Ends whatever value or line the input left open (0xFF), and asks for a last answer. */
  private static final byte[] LAST =
      "\n\u00ff\n{\"execute\": \"query-version\", \"id\": \"last\"}\n"
          .getBytes(StandardCharsets.ISO_8859_1);

  private final Path folder;
  private final Path socket;
  private final Outcomes outcomes = new Outcomes();
  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private @Nullable ServedMonitor served;

  /** Whether a command may have changed something: one that was answered, or whose answer broke. */
  private boolean used;

  public QmpTarget() {
    try {
      folder = Files.createTempDirectory("aerostat-fuzz");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    socket = folder.resolve("qmp");
    fresh();
  }

  private void fresh() {
    stop();
    try {
      served = new ServedMonitor(socket);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    used = false;
  }

  private void stop() {
    if (served != null) {
      served.close();
      served = null;
    }
  }

  @Override
  public void run(byte[] bytes, FuzzLog log) {
    if (used || served == null || !served.untouched()) {
      fresh();
    }
    used = true; // until every answer was seen to be an error
    long allocated = threads.getTotalThreadAllocatedBytes();
    byte[] session = Arrays.copyOf(bytes, bytes.length + LAST.length);
    System.arraycopy(LAST, 0, session, bytes.length, LAST.length);
    List<String> answers = ask(session);
    boolean done = false;
    for (String line : answers) {
      done |= check(line, log);
    }
    if (answers.isEmpty() || !answers.getLast().contains("\"last\"")) {
      throw new FuzzFinding("session", "the client was dropped before its last message");
    }
    if (threads.getTotalThreadAllocatedBytes() - allocated > MOST_ALLOCATED) {
      throw new FuzzFinding(
          "memory", "more than " + (MOST_ALLOCATED >> 20) + " MiB for " + bytes.length + " bytes");
    }
    List<String> after = ask(STATUS);
    if (after.size() < 3 || !after.getLast().contains("\"status\"")) {
      throw new FuzzFinding("usable", "the next client is told " + after);
    }
    used = done;
  }

  /** Returns whether a command was carried out. */
  private boolean check(String line, FuzzLog log) {
    if (log.on()) {
      log.say(line);
    }
    Object value;
    try {
      value = Json.read(line.getBytes(StandardCharsets.UTF_8));
    } catch (Json.SyntaxException e) {
      throw new FuzzFinding("answer", "no JSON: " + line, e);
    }
    if (!(value instanceof Map<?, ?> answer) || !known(answer)) {
      throw new FuzzFinding("answer", "neither return, error, event nor greeting: " + line);
    }
    if (answer.get("error") instanceof Map<?, ?> error) {
      String reason = String.valueOf(error.get("desc"));
      outcomes.saw(QUOTED.matcher(reason).replaceAll("''"));
      if (ACCIDENT.matcher(reason).find()) {
        throw new FuzzFinding("answer", "not a reason that was meant: " + reason);
      }
    } else {
      outcomes.saw(String.valueOf(answer.keySet()) + shape(answer.get("return")));
    }
    return answer.containsKey("return");
  }

  private static boolean known(Map<?, ?> answer) {
    long kinds =
        List.of("return", "error", "event", "QMP").stream().filter(answer::containsKey).count();
    return kinds == 1;
  }

  private static String shape(@Nullable Object value) {
    return value instanceof Map<?, ?> map ? map.keySet().toString() : "";
  }

  /** All lines that a client gets who writes this and hangs up. */
  private List<String> ask(byte[] bytes) {
    try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        Selector selector = Selector.open()) {
      ByteBuffer out = ByteBuffer.wrap(bytes);
      while (out.hasRemaining()) {
        client.write(out);
      }
      client.shutdownOutput();
      client.configureBlocking(false);
      client.register(selector, SelectionKey.OP_READ);
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      ByteBuffer in = ByteBuffer.allocate(1 << 14);
      while (true) {
        if (selector.select(PATIENCE_MILLIS) == 0) {
          throw FuzzFinding.hang("no answer for a minute");
        }
        selector.selectedKeys().clear();
        if (client.read(in.clear()) < 0) {
          return all.toString(StandardCharsets.UTF_8).lines().toList();
        }
        all.write(in.array(), 0, in.position());
      }
    } catch (IOException e) {
      throw new FuzzFinding("connection", String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public byte[] edges() {
    return outcomes.counters();
  }

  @Override
  public Iterable<byte[]> seeds() {
    return QmpWords.sessions();
  }

  @Override
  public List<byte[]> dictionary() {
    return QmpWords.words();
  }

  @Override
  public void close() {
    stop();
    try {
      Files.deleteIfExists(socket);
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
