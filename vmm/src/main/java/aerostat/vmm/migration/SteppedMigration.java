package aerostat.vmm.migration;

import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineHost;
import aerostat.vmm.machine.Sabotage;
import aerostat.vmm.migration.control.MigrationParameters;
import aerostat.vmm.migration.control.MigrationStats;
import aerostat.vmm.migration.guest.MachineGuest;
import aerostat.vmm.migration.guest.SetupMessage;
import aerostat.vmm.migration.pages.DirtyPages;
import aerostat.vmm.migration.pages.FreeSet;
import aerostat.vmm.migration.pages.PageReceiver;
import aerostat.vmm.migration.pages.PageSender;
import aerostat.vmm.migration.pages.PlantedErrors;
import aerostat.vmm.migration.pages.SourceStream;
import aerostat.vmm.migration.postcopy.MissingPages;
import aerostat.vmm.migration.postcopy.PagesLeftOut;
import aerostat.vmm.migration.source.SwitchOver;
import aerostat.vmm.migration.transport.MemoryTransport;
import aerostat.vmm.migration.wire.Link;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.WireHeader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A migration of a deterministic machine in steps, so that a tool can put those of guest and device
 * in between. The parts are {@code source.Precopy}'s own: bitmap, log, hooks around a sync, sender;
 * only when each of them does its next step is the caller's. For one thread at a time, that of the
 * vCPU or, while it rests, another; the stream waits in memory until the destination takes it.
 */
public final class SteppedMigration {
  /** How it ends. */
  public enum Ending {
    /** All that is left goes before the guest. */
    PRECOPY,
    /** As well, and hinted pages are filled ({@code x-hint-fill}). */
    FILL,
    /** What is left comes after the guest, and hinted pages are filled. */
    POSTCOPY
  }

  private final MachineGuest source;
  private final Ending ending;
  private final UUID uuid = UUID.randomUUID();
  private final boolean logsLate;
  private final DirtyPages dirty;
  private final SwitchOver switchOver;
  private final PageSender sender;
  private final Link here;
  private final Link there;
  private @Nullable MissingPages missing;

  /**
   * @param whole the destination will be a machine, not only memory
   * @param planned errors to be planted
   */
  public SteppedMigration(
      Machine source, boolean whole, Ending ending, Predicate<Sabotage> planned) {
    this.ending = ending;
    this.source = new MachineGuest(source);
    PlantedErrors errors = new PlantedErrors();
    errors.begin(planned);
    logsLate = errors.logsLate();
    dirty = new DirtyPages(this.source, errors);
    switchOver = new SwitchOver(this.source, MigrationParameters.DEFAULT);
    MemoryTransport.Pipe down = new MemoryTransport.Pipe();
    MemoryTransport.Pipe up = new MemoryTransport.Pipe();
    here = new Link(new MemoryTransport(up, down));
    there = new Link(new MemoryTransport(down, up));
    GuestMemory memory = source.memory();
    sender =
        new PageSender(memory, here.out(), dirty, new MigrationStats(uuid, memory.size()), b -> {});
    if (whole) {
      io(
          () ->
              SourceStream.setup(
                  SetupMessage.of(uuid, this.source, false, 0),
                  this.source.imageBytes(),
                  here.out()));
    }
  }

  private interface Io {
    void run() throws IOException;
  }

  private static void io(Io action) {
    try {
      action.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Every page is to go but those that an earlier migration's hints left over, the log begins, and
   * is taken over for the first time (MIG-01).
   */
  public void begin() {
    if (logsLate) {
      dirty.begin();
    } else {
      dirty.beginWithHinted();
    }
    dirty.sync();
  }

  /** What the host never provided goes as zeros, without a look ({@code x-skip-untouched}). */
  public void skipUntouched() {
    io(() -> sender.zeros(dirty.untouched()));
  }

  /** A new command id (MIG-19). */
  public void askForHints() {
    switchOver.afterSync(dirty);
  }

  /** The first hints have come, or are not waited for any longer. */
  public void hintsCame() {
    dirty.hintsCame();
  }

  /** STOP, before a sync (MIG-19). */
  public void stopHints() {
    switchOver.beforeSync();
  }

  /** The log goes into the bitmap (MIG-02). */
  public void sync() {
    dirty.sync();
  }

  /** Clears the bits of the dirty pages in [from, to) and looks at them (MIG-04). */
  public void take(long from, long to) {
    io(
        () -> {
          long page = from;
          while (page >= 0 && page < to) {
            page = sender.next(page, to);
          }
        });
  }

  /** Reads what was taken, and sends it. */
  public void flush() {
    io(sender::flush);
  }

  /** Pages that hints kept back. */
  public long hinted() {
    return dirty.hinted();
  }

  /** Whether the page's bit is set. */
  public boolean isDirty(long page) {
    return dirty.bits().get(page);
  }

  /** The guest stays: DONE (DEV-18). */
  public void cancel() {
    switchOver.back();
  }

  /** The vCPU rests: the last sync, and DONE (MIG-13, MIG-27). */
  public void finish() {
    switchOver.pause();
    switchOver.beforeSync();
    dirty.lastSync();
    switchOver.hintsDone();
    here.out().paused();
  }

  /** After {@link #finish}: what is left of these pages goes, or all is said to come later. */
  public void rest(long from, long to) {
    io(
        () -> {
          if (ending == Ending.POSTCOPY) {
            SourceStream.missing(dirty.bits(), here.out());
          } else {
            take(from, to);
            sender.flush();
          }
        });
  }

  /**
   * After {@link #rest}, where the guest itself is not handed over: the free set, if it is told.
   */
  public void tellFree() {
    FreeSet free = free();
    if (free != null) {
      io(() -> free.send(here.out()));
    }
  }

  private @Nullable FreeSet free() {
    return ending == Ending.PRECOPY ? null : FreeSet.of(source, dirty);
  }

  /** {@link #finish}, and {@link #rest} of all. */
  public void finishAll() {
    flush();
    finish();
    rest(0, source.memory().pages());
  }

  /** Pages that the guest of {@link #handOver} has not got; null if it has all. */
  public @Nullable MissingPages missing() {
    return missing;
  }

  /** Memory that takes the pages of any number of migrations, one after the other. */
  public static final class Landing implements AutoCloseable {
    private final GuestMemory memory;
    private final PageReceiver receiver;
    private PagesLeftOut leftOut;

    public Landing(long bytes) {
      memory = GuestMemory.anonymous(bytes);
      receiver = new PageReceiver(memory);
      leftOut = new PagesLeftOut(memory, receiver);
    }

    public GuestMemory memory() {
      return memory;
    }

    @Override
    public void close() {
      memory.close();
    }
  }

  /** All that was sent goes into that memory, and then those of these pages that are missing. */
  public void land(Landing landing, long from, long to) {
    landing.leftOut = new PagesLeftOut(landing.memory, landing.receiver);
    io(
        () -> {
          while (there.in().bytes() < here.out().bytes()) {
            WireHeader header = there.in().next();
            if (header.type() == MessageType.PAGES) {
              landing.receiver.pages(header, there.in());
            } else if (header.type() == MessageType.MISSING) {
              landing.leftOut.missing(there.in().payload());
            } else if (header.type() == MessageType.FREE) {
              landing.leftOut.free(there.in().payload());
            } else {
              there.expect(header, MessageType.ZERO);
              landing.receiver.zero(there.in());
            }
            there.in().end();
          }
        });
    MissingPages later = landing.leftOut.missing();
    if (later != null) {
      MemorySegment ram = source.memory().segment();
      for (long page = from; page < to; page++) {
        later.place(page, ram.asSlice(page << GuestMemory.PAGE_SHIFT, GuestMemory.PAGE_SIZE));
      }
    }
  }

  /**
   * After {@link #finishAll} of a migration as a whole: the guest in a machine of its own, paused.
   */
  public Machine handOver(MachineHost host) {
    try {
      InProcessMove.Arrived moved =
          InProcessMove.receive(
              source,
              InProcessMove.offer(source, uuid, free(), here),
              here,
              there,
              (config, image) -> new MachineGuest(Machine.incoming(config, image, host)));
      missing = moved.missing();
      return ((MachineGuest) moved.guest()).machine();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
