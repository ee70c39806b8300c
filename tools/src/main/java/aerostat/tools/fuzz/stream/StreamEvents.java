package aerostat.tools.fuzz.stream;

import aerostat.tools.fuzz.FuzzLog;
import aerostat.tools.fuzz.InputBytes;
import aerostat.vmm.migration.MigrationService;
import java.util.Arrays;
import java.util.List;

/** Decodes an input's events: a script's messages in order, but for what the input does to them. */
final class StreamEvents {
  static final int NEXT = 0;
  static final int PAYLOAD = 1;
  static final int DATA = 2;
  static final int HEADER = 3;
  static final int SKIP = 4;
  static final int AGAIN = 5;
  static final int MADE = 6;
  static final int RAW = 7;
  static final int CUT = 8;
  static final int CONNECT = 9;
  static final int CLOSE = 10;
  static final int HANDOVER = 11;
  static final int CLAIM = 12;
  static final int RESIZE = 13;
  static final int REST = 14;
  private static final int EVENTS = 15;

  private static final int LAST_TYPE = 24;

  private final List<Message> script;
  private final HostileSource source;
  private final MigrationService service;
  private int at;

  StreamEvents(List<Message> script, HostileSource source, MigrationService service) {
    this.script = script;
    this.source = source;
    this.service = service;
  }

  void next(InputBytes in, FuzzLog log) {
    int event = in.below(EVENTS);
    switch (event) {
      case NEXT -> {
        int count = 1 + in.below(16);
        say(log, "next %d messages from %d", count, at);
        pass(count);
      }
      case REST -> {
        say(log, "the rest, from message %d", at);
        pass(script.size());
      }
      case SKIP -> {
        int count = 1 + in.below(8);
        say(log, "leaves out %d messages from %d", count, at);
        at = Math.min(script.size(), at + count);
      }
      case AGAIN -> {
        Message message = script.get(in.u8() % script.size());
        say(log, "again or early: type %d", message.type());
        send(message);
      }
      case RAW -> {
        int connection = in.below(2);
        byte[] bytes = bytes(in, in.below(64));
        say(log, "connection %d: raw bytes %s", connection, Arrays.toString(bytes));
        source.raw(connection, bytes);
      }
      case CONNECT -> {
        int connection = in.below(2);
        say(log, "connection %d anew: %s", connection, source.reconnect(connection));
      }
      case CLOSE -> {
        int connection = in.below(2);
        say(log, "connection %d ends", connection);
        source.close(connection);
      }
      case MADE -> made(in, log);
      case HANDOVER -> handover(in, log);
      case CLAIM -> claim(in, log);
      default -> {
        if (at < script.size()) {
          damaged(event, script.get(at++), in, log);
        }
      }
    }
  }

  private void pass(int count) {
    for (int i = 0; i < count && at < script.size(); i++) {
      send(script.get(at++));
    }
  }

  private void send(Message message) {
    source.send(message, true, Integer.MAX_VALUE);
  }

  private void damaged(int event, Message message, InputBytes in, FuzzLog log) {
    switch (event) {
      case PAYLOAD -> {
        byte[] payload = message.payload().clone();
        say(log, "type %d with another payload: %s", message.type(), damage(payload, in));
        source.send(message.withPayload(payload), false, Integer.MAX_VALUE);
      }
      case DATA -> {
        byte[] data = message.data().clone();
        say(log, "type %d with other data: %s", message.type(), damage(data, in));
        send(message.withData(data));
      }
      case HEADER -> {
        int what = in.below(4);
        int value = (int) in.number();
        say(log, "type %d with field %d of the header %d", message.type(), what, value);
        send(
            message.withHeader(
                what == 0 ? value : message.version(),
                what == 1 ? value % LAST_TYPE : message.type(),
                what == 2 ? message.flags() ^ value : message.flags(),
                what == 3 ? value : message.channel()));
      }
      case RESIZE -> {
        boolean payload = in.below(2) == 0;
        byte[] old = payload ? message.payload() : message.data();
        byte[] bytes = Arrays.copyOf(old, (int) Math.max(0, old.length - 32 + in.below(64)));
        say(log, "type %d with %d bytes, not %d", message.type(), bytes.length, old.length);
        send(payload ? message.withPayload(bytes) : message.withData(bytes));
      }
      default -> {
        int length = in.u16();
        say(log, "%d bytes of type %d, and the connection ends", length, message.type());
        source.send(message, true, length);
        source.close(message.connection());
      }
    }
  }

  /** Puts numbers where the input says; tells what it did. */
  private static String damage(byte[] bytes, InputBytes in) {
    StringBuilder told = new StringBuilder();
    int times = 1 + in.below(3);
    for (int i = 0; i < times && bytes.length > 0; i++) {
      int place = in.below(4) == 0 ? in.u16() % bytes.length : in.u8() % bytes.length;
      int width = 1 << in.below(4);
      long value = in.number();
      told.append(" %d bytes at %d are 0x%x".formatted(width, place, value));
      for (int k = 0; k < width && place + k < bytes.length; k++) {
        bytes[place + k] = (byte) (value >>> (8 * k));
      }
    }
    return told.toString();
  }

  private void made(InputBytes in, FuzzLog log) {
    int type = in.below(LAST_TYPE + 1);
    int connection = in.below(2);
    int flags = in.below(4);
    byte[] payload = bytes(in, in.below(64));
    byte[] data = new byte[(int) (in.number() & 0xf_ffff)];
    say(
        log,
        "connection %d: type %d flags %d payload %s and %d bytes",
        connection,
        type,
        flags,
        Arrays.toString(payload),
        data.length);
    source.send(
        new Message(connection, 2, type, flags, connection, payload, data),
        true,
        Integer.MAX_VALUE);
  }

  private void handover(InputBytes in, FuzzLog log) {
    int type = Message.FINAL + in.below(7);
    int epoch = in.below(4);
    int connection = in.below(2);
    say(log, "connection %d: handover type %d epoch %d", connection, type, epoch);
    send(Scripts.handover(type, epoch).on(connection));
  }

  private void claim(InputBytes in, FuzzLog log) {
    boolean force = in.below(2) == 1;
    String outcome = "done";
    try {
      service.claim(force);
    } catch (IllegalStateException refused) {
      outcome = String.valueOf(refused.getMessage());
    }
    source.rest();
    say(log, "claim, force %s: %s", force, outcome);
  }

  private static byte[] bytes(InputBytes in, int count) {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = (byte) in.u8();
    }
    return bytes;
  }

  @SuppressWarnings("AnnotateFormatMethod")
  private static void say(FuzzLog log, String format, Object... values) {
    if (log.on()) {
      log.say(format.formatted(values));
    }
  }
}
