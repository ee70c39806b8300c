package aerostat.tools.fuzz.stream;

import aerostat.mmio.memory.GuestMemory;
import aerostat.tools.fuzz.BootedGuest;
import aerostat.tools.fuzz.FuzzFinding;
import aerostat.tools.fuzz.FuzzLog;
import aerostat.tools.fuzz.FuzzTarget;
import aerostat.tools.fuzz.InputBytes;
import aerostat.tools.fuzz.Outcomes;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.MigrationService;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/**
 * The production's migration service, in memory, with a source that sends what it likes. What is
 * accepted fills a machine that goes back to its snapshot afterwards.
 */
public final class StreamTarget implements FuzzTarget {
  private static final int MOST_EVENTS = 48;
  private static final int POLLS = 200;
  private static final long MEMORY = 8 << 20;
  private static final int PAGE = GuestMemory.PAGE_SIZE;
  private static final int HEADER = Message.HEADER;
  private static final long END = TimeUnit.SECONDS.toNanos(60);

  /** Bytes that one input may make the receiver allocate, beside so many times what it sent. */
  private static final long MOST_ALLOCATED = 192L << 20;

  private static final int ALLOCATED_PER_BYTE = 16;

  /** A reason that is no refusal but a check that is missing. */
  private static final Pattern ACCIDENT =
      Pattern.compile("Exception|Error\\b|out of bounds|Cannot |because \"|^null$");

  private final BootedGuest guest;
  private final GuestMemory memory;
  private final byte[] snapshot;
  private final ArrivalPlace place;
  private final List<List<Message>> scripts;
  private final Outcomes outcomes = new Outcomes();
  private final InputBytes input = new InputBytes();
  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  public StreamTarget(BootedGuest.Setup setup) {
    guest =
        BootedGuest.boot(setup.withMemory(MEMORY), (transport, memory, interrupts) -> transport);
    memory = guest.machine().memory();
    snapshot = memory.segment().toArray(ValueLayout.JAVA_BYTE);
    ArrivingGuest model = new ArrivingGuest(guest, RunState.PAUSED);
    place = new ArrivalPlace(model);
    try {
      scripts = Scripts.all(model);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    warmUp();
  }

  /** A thread that waits until another has initialised a class looks like one at rest. */
  private void warmUp() {
    for (byte[] seed : seeds()) {
      try {
        run(seed, FuzzLog.OFF);
      } catch (FuzzFinding again) {
        // The engine tries the seeds as well.
      }
    }
  }

  @Override
  public void run(byte[] bytes, FuzzLog log) {
    guest.rewind(log);
    place.begin();
    input.begin(bytes);
    Doors doors = new Doors();
    HostileSource source = new HostileSource(doors, (int) memory.pages());
    MigrationService service = new MigrationService(place, doors);
    long allocated = threads.getTotalThreadAllocatedBytes();
    try {
      service.listen("tcp:fuzz:1");
      StreamEvents events =
          new StreamEvents(scripts.get(input.below(scripts.size())), source, service);
      for (int i = 0; i < MOST_EVENTS && !input.atEnd(); i++) {
        events.next(input, log);
      }
      source.closeAll();
      long most = MOST_ALLOCATED + ALLOCATED_PER_BYTE * source.sent();
      if (threads.getTotalThreadAllocatedBytes() - allocated > most) {
        throw new FuzzFinding("memory", "more than " + (most >> 20) + " MiB for one input");
      }
      answers(source, log);
      boolean whole = memory.gate() == null;
      service.close();
      ended(source);
      checkRam(source);
      checkGuest(whole, log);
    } finally {
      service.close();
      memory.gate(null);
    }
  }

  /** What the receiver said; a refusal gives a reason that was meant. */
  private void answers(HostileSource source, FuzzLog log) {
    for (Wire wire : source.wires()) {
      byte[] answers = wire.answers();
      ByteBuffer in = ByteBuffer.wrap(answers).order(ByteOrder.LITTLE_ENDIAN);
      for (int at = 0; at + HEADER <= answers.length; ) {
        int type = in.get(at + 6);
        int payload = in.getInt(at + 16);
        outcomes.saw(200_000 + type);
        if (log.on()) {
          log.say("answer: type " + type);
        }
        if (type == Message.REFUSE) {
          int length = in.getInt(at + HEADER);
          reason(new String(answers, at + HEADER + 4, length, StandardCharsets.UTF_8), log);
        }
        at += HEADER + payload + in.getInt(at + 20);
      }
    }
  }

  private void reason(String reason, FuzzLog log) {
    outcomes.saw(reason);
    if (log.on()) {
      log.say("refused: " + reason);
    }
    if (reason.isBlank() || ACCIDENT.matcher(reason).find()) {
      throw new FuzzFinding("refusal", "not a reason that was meant: " + reason);
    }
  }

  /** Every connection's thread ends when its connection has ended. */
  private static void ended(HostileSource source) {
    long begun = System.nanoTime();
    for (Wire wire : source.wires()) {
      Thread reader = wire.reader();
      while (reader != null && reader.isAlive()) {
        if (System.nanoTime() - begun > END) {
          throw FuzzFinding.hang(
              "a connection's thread does not end: " + List.of(reader.getStackTrace()));
        }
        LockSupport.parkNanos(10_000);
      }
    }
  }

  /** RAM changed only where a message said so. */
  private void checkRam(HostileSource source) {
    MemorySegment ram = memory.segment();
    MemorySegment before = MemorySegment.ofArray(snapshot);
    long size = ram.byteSize();
    String stray = null;
    long at = 0;
    while (at < size) {
      long different = MemorySegment.mismatch(ram, at, size, before, at, size);
      if (different < 0) {
        break;
      }
      long page = (at + different) / PAGE;
      // The receiver writes past the log; without a mark the page would not go back.
      memory.dirtyLog().mark(GuestMemory.RAM_BASE + page * PAGE, PAGE);
      if (!source.named().get((int) page)) {
        stray = "page " + page + " changed, and no message named it";
      }
      at = (page + 1) * PAGE;
    }
    guest.machine().ram().collect();
    if (stray != null) {
      throw new FuzzFinding("stray write", stray);
    }
  }

  /** No guest is left half-built; one that is here was given, and its VMM survives it. */
  private void checkGuest(boolean whole, FuzzLog log) {
    if (place.half() != 0) {
      throw new FuzzFinding("half-built", "a guest that nobody has and nobody closed");
    }
    ArrivingGuest here = place.present();
    outcomes.saw(300_000 + 10 * place.builds() + (here == null ? 0 : 1));
    if (here == null) {
      return;
    }
    if (log.on()) {
      log.say("the guest is here: " + here.state() + (whole ? "" : ", without all its pages"));
    }
    if (here.state() != RunState.RUNNING || !whole) {
      return;
    }
    memory.gate(null);
    guest.machine().run(POLLS);
    String oops = guest.machine().oops();
    outcomes.saw(String.valueOf(oops));
    if (oops != null && oops.contains("VMM failure")) {
      throw new FuzzFinding("exception", oops);
    }
  }

  @Override
  public BootedGuest guest() {
    return guest;
  }

  @Override
  public byte[] edges() {
    return outcomes.counters();
  }

  @Override
  public List<byte[]> seeds() {
    return List.of(
        new byte[] {0, StreamEvents.REST},
        new byte[] {1, StreamEvents.REST},
        new byte[] {2, StreamEvents.REST},
        new byte[] {0, StreamEvents.PAYLOAD, 0, 1, 40, 3, 9, StreamEvents.REST},
        new byte[] {0, StreamEvents.NEXT, 1, StreamEvents.DATA, 0, 1, 9, 0, 7, StreamEvents.REST},
        new byte[] {0, StreamEvents.NEXT, 15, StreamEvents.CONNECT, 0, StreamEvents.HANDOVER, 5, 0},
        new byte[] {2, StreamEvents.NEXT, 15, StreamEvents.SKIP, 0, StreamEvents.REST},
        new byte[] {1, StreamEvents.NEXT, 3, StreamEvents.AGAIN, 3, StreamEvents.REST},
        new byte[] {0, StreamEvents.REST, StreamEvents.CLAIM, 1, StreamEvents.HANDOVER, 4, 0, 0});
  }

  @Override
  public void close() {
    guest.machine().close();
  }
}
