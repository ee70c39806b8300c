package aerostat.tools.fuzz.stream;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import aerostat.vmm.migration.StreamSample;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** What honest sources send: the messages that inputs leave out, double and damage. */
final class Scripts {
  static final UUID ID = new UUID(7, 8);

  private static final int ROUND = 7;
  private static final int CHANNEL = 18;
  private static final int POSTCOPY = 21;
  private static final int VERSION = 2;
  private static final int PAGE = GuestMemory.PAGE_SIZE;
  private static final int LATE = 48;

  private Scripts() {}

  /** One connection with checksums; one channel beside the main one; pages after the guest. */
  static List<List<Message>> all(ArrivingGuest guest) throws IOException {
    return List.of(plain(guest), channels(guest), postcopy(guest));
  }

  private static List<Message> plain(ArrivingGuest guest) throws IOException {
    List<Message> script =
        new ArrayList<>(Message.parse(0, StreamSample.of(guest, ID, true, null)));
    script.add(handover(Message.COMMIT, 0));
    return script;
  }

  private static List<Message> channels(ArrivingGuest guest) throws IOException {
    List<Message> script = new ArrayList<>();
    boolean announced = false;
    boolean beside = false;
    boolean paused = false;
    for (Message message : Message.parse(0, StreamSample.of(guest, ID, false, null))) {
      if (script.isEmpty()) {
        byte[] setup = message.payload().clone();
        setup[setup.length - 4] = 1; // channels, the last number
        script.add(message.withPayload(setup));
        continue;
      }
      if (!announced && (message.type() == Message.PAGES || message.type() == Message.ZERO)) {
        announced = true;
        script.add(channel());
      }
      if (message.type() == Message.PAGES) {
        beside = !beside;
        script.add(beside ? message.withHeader(VERSION, Message.PAGES, 0, 1).on(1) : message);
        continue;
      }
      if (message.type() == ROUND) {
        script.add(round(1, 1, 0));
        script.add(message);
        continue;
      }
      if (!paused && message.has(Message.PAUSED)) {
        paused = true;
        script.add(round(1, 2, Message.PAUSED));
        script.add(round(0, 2, Message.PAUSED));
      }
      script.add(message);
    }
    script.add(handover(Message.COMMIT, 0));
    return script;
  }

  private static List<Message> postcopy(ArrivingGuest guest) throws IOException {
    GuestMemory memory = guest.memory();
    long first = memory.romSize() / PAGE + 4;
    PageBitmap late = new PageBitmap(memory.pages());
    late.setRange(first, first + LATE);
    late.setRange(memory.pages() - LATE, memory.pages());
    List<Message> script =
        new ArrayList<>(Message.parse(0, StreamSample.of(guest, ID, false, late)));
    script.add(handover(Message.COMMIT, 0));
    script.add(new Message(1, VERSION, POSTCOPY, 0, 0, uuid(16).array(), new byte[0]));
    byte[] data = new byte[LATE * PAGE];
    ByteBuffer.wrap(data).put(memory.segment().asSlice(first * PAGE, data.length).asByteBuffer());
    script.add(new Message(1, VERSION, Message.PAGES, Message.DATA_CRC, 0, run(first, LATE), data));
    script.add(
        new Message(1, VERSION, Message.ZERO, 0, 0, run(memory.pages() - LATE, LATE), new byte[0]));
    return script;
  }

  /** A message that has nothing but a uuid and an epoch. */
  static Message handover(int type, int epoch) {
    return new Message(
        0, VERSION, type, Message.PAUSED, 0, uuid(20).putInt(epoch).array(), new byte[0]);
  }

  /** The first channel beside the main connection. */
  private static Message channel() {
    return new Message(1, VERSION, CHANNEL, 0, 1, uuid(20).putInt(1).array(), new byte[0]);
  }

  private static Message round(int connection, int number, int flags) {
    byte[] payload =
        ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN).putInt(number).putLong(0).array();
    return new Message(connection, VERSION, ROUND, flags, connection, payload, new byte[0]);
  }

  private static ByteBuffer uuid(int bytes) {
    return ByteBuffer.allocate(bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(ID.getMostSignificantBits())
        .putLong(ID.getLeastSignificantBits());
  }

  private static byte[] run(long first, int pages) {
    return ByteBuffer.allocate(12)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(first)
        .putInt(pages)
        .array();
  }
}
