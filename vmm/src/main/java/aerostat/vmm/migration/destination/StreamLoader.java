package aerostat.vmm.migration.destination;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageOwners;
import aerostat.mmio.state.StateRefusedException;
import aerostat.vmm.machine.Sabotage;
import aerostat.vmm.migration.guest.GuestHost;
import aerostat.vmm.migration.guest.MovableGuest;
import aerostat.vmm.migration.guest.SetupMessage;
import aerostat.vmm.migration.pages.ArrivingChannels;
import aerostat.vmm.migration.pages.PageReceiver;
import aerostat.vmm.migration.pages.PageVerifier;
import aerostat.vmm.migration.pages.SourceStream;
import aerostat.vmm.migration.postcopy.MissingPages;
import aerostat.vmm.migration.postcopy.PagesLeftOut;
import aerostat.vmm.migration.transport.Transport;
import aerostat.vmm.migration.wire.HandoverMessage;
import aerostat.vmm.migration.wire.Link;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.MigrationRefusedException;
import aerostat.vmm.migration.wire.MigrationStreamException;
import aerostat.vmm.migration.wire.PayloadReader;
import aerostat.vmm.migration.wire.PayloadWriter;
import aerostat.vmm.migration.wire.StreamDigest;
import aerostat.vmm.migration.wire.WireHeader;
import aerostat.vmm.migration.wire.WireReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The destination's way from SETUP to a guest that waits: everything from the stream is checked
 * before it acts, and until {@link #guest} is taken over by the caller a failure leaves nothing
 * behind.
 */
public final class StreamLoader implements AutoCloseable {
  /** Longest wait for a channel at the end of a round. */
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  /** The guest is whole; {@code message} is the source's FINAL. */
  public record Loaded(HandoverMessage.Final message, String digest) {}

  private final Link link;
  private final GuestHost host;
  private final SetupMessage setup;
  private final List<PageOwners.Run> owners = new ArrayList<>();
  private final BiConsumer<StreamLoader, WireHeader> progress;
  private Consumer<String> enters = part -> {};
  private final Predicate<Sabotage> errors;
  private final ArrivalWatch watch =
      new ArrivalWatch(() -> dataPages() + zeroPages(), System::nanoTime);
  private @Nullable MovableGuest guest;
  private @Nullable PageReceiver pages;
  private @Nullable ArrivingChannels channels;
  private byte @Nullable [] state;
  private @Nullable PagesLeftOut leftOut;
  private long verified;
  private int rounds;
  private long finalAt;

  public StreamLoader(
      Link link,
      GuestHost host,
      SetupMessage setup,
      BiConsumer<StreamLoader, WireHeader> progress) {
    this(link, host, setup, progress, Sabotage::planned);
  }

  /**
   * @param progress told after each message
   * @param errors those that a test build plants; none otherwise
   */
  StreamLoader(
      Link link,
      GuestHost host,
      SetupMessage setup,
      BiConsumer<StreamLoader, WireHeader> progress,
      Predicate<Sabotage> errors) {
    this.errors = errors;
    this.link = link;
    this.host = host;
    this.setup = setup;
    this.progress = progress;
  }

  /** Told of each part of its time ({@code x-time-split}) as it begins. */
  void account(Consumer<String> parts) {
    enters = parts;
  }

  long dataPages() {
    return pages == null ? 0 : pages.dataPages();
  }

  long zeroPages() {
    return pages == null ? 0 : pages.zeroPages();
  }

  long bytes() {
    return link.in().bytes();
  }

  int rounds() {
    return rounds;
  }

  /** The guest, which the caller now has to close. */
  public MovableGuest take() {
    MovableGuest taken = guest;
    if (taken == null) {
      throw new IllegalStateException("no guest was built");
    }
    guest = null;
    return taken;
  }

  /** A guest that nobody took is ended. */
  @Override
  public void close() {
    endChannels();
    MovableGuest left = guest;
    guest = null;
    if (left != null) {
      left.close();
    }
  }

  /** Nobody wants the guest any more: who waits for channels at the end of a round gives up. */
  void abandon() {
    endChannels();
  }

  private void endChannels() {
    ArrivingChannels open;
    synchronized (this) {
      open = channels;
      channels = null;
    }
    if (open != null) {
      open.close();
    }
  }

  /**
   * A further connection of this migration, served on the caller's thread until it ends.
   *
   * @param index 1 for the first
   */
  void channel(int index, Link channel) throws IOException {
    ArrivingChannels open;
    synchronized (this) {
      open = channels;
    }
    if (open == null) {
      throw new MigrationStreamException("CHANNEL: none was announced, or all are over");
    }
    open.serve(index, channel);
  }

  /** {@link System#nanoTime} when FINAL was there. */
  long finalAt() {
    return finalAt;
  }

  /**
   * Compares the setup, takes the image, builds the machine, compares again, and says ACCEPT.
   *
   * @throws MigrationRefusedException with the reason that the source has to be told
   */
  public void accept() throws IOException {
    String conflict = setup.conflict(host.expected());
    if (conflict != null) {
      throw new MigrationRefusedException(conflict);
    }
    long here = HostRam.bytes();
    if (setup.config().memoryBytes() > here) {
      throw new MigrationRefusedException(
          "the guest has %d bytes of memory, this host %d"
              .formatted(setup.config().memoryBytes(), here));
    }
    link.transport().stopWhen(watch::stalled);
    enters.accept("image");
    byte[] image = watched(this::image);
    enters.accept("build");
    MovableGuest built;
    try {
      built = host.build(setup.config(), image);
    } catch (RuntimeException | OutOfMemoryError e) {
      throw refused("cannot build the guest: " + e.getMessage(), e);
    }
    guest = built;
    conflict = setup.conflict(built);
    if (conflict != null) {
      throw new MigrationRefusedException(conflict);
    }
    // From here on a mark means that the guest wrote here: hinted pages stay hinted until then.
    // What arrives is put in without marks, so the log need not be cleared in the guest's pause.
    built.memory().dirtyLog().clear();
    PageReceiver receiver = new PageReceiver(built.memory());
    pages = receiver;
    leftOut = new PagesLeftOut(built.memory(), receiver);
    synchronized (this) {
      channels =
          setup.channels() == 0
              ? null
              : new ArrivingChannels(link, receiver, setup.channels(), PATIENCE, errors);
    }
    link.out().send(MessageType.ACCEPT, new PayloadWriter().u32(link.out().version()).done());
  }

  /** Takes pages and state until FINAL, then puts the state in. */
  public Loaded load() throws IOException {
    MovableGuest into = guest;
    PageReceiver receiver = pages;
    PagesLeftOut without = leftOut;
    if (into == null || receiver == null || without == null) {
      throw new IllegalStateException("load before accept");
    }
    ArrivingChannels beside = channels;
    if (beside != null) {
      link.transport().stopWhen(() -> beside.failed() || watch.stalled());
    }
    enters.accept("pages");
    return watched(
        () -> {
          while (true) {
            WireHeader header = link.in().next();
            if (header.type() == MessageType.FINAL) {
              return finish(into, receiver, header);
            }
            message(into.memory(), receiver, without, header);
            link.in().end();
            watch.check();
            progress.accept(this, header);
          }
        });
  }

  private interface Reading<T> {
    T read() throws IOException;
  }

  /** Reads; where a wait was given up, says why. */
  private <T> T watched(Reading<T> reading) throws IOException {
    try {
      return reading.read();
    } catch (Transport.StoppedException e) {
      ArrivingChannels beside = channels;
      if (beside != null) {
        beside.check();
      }
      watch.check();
      throw e;
    }
  }

  private void message(
      GuestMemory memory, PageReceiver receiver, PagesLeftOut without, WireHeader header)
      throws IOException {
    WireReader in = link.in();
    switch (header.type()) {
      case PAGES -> receiver.pages(header, in);
      case ZERO -> receiver.zero(in);
      case ROUND -> barrier(in.fields(), header);
      case ARRIVED -> arrived(in.fields(), header);
      case STATE -> {
        paused(header);
        PayloadReader fields = in.fields();
        int length = fields.u32("length");
        fields.end();
        if (state != null || length != setup.stateBytes() || header.dataLength() != length) {
          throw fields.bad(header.dataLength() + " bytes, announced " + setup.stateBytes());
        }
        state = in.data();
        watch.progress();
      }
      case MISSING -> {
        paused(header);
        without.missing(in.payload());
        watch.progress();
      }
      case FREE -> {
        paused(header);
        without.free(in.payload());
        watch.progress();
      }
      case OWNERS -> {
        paused(header);
        watch.progress();
        SourceStream.owners(in, memory, owners);
      }
      case VERIFY -> {
        paused(header);
        verified = PageVerifier.check(memory, in, verified);
        watch.progress();
      }
      default -> throw new MigrationStreamException(header.type() + " does not belong here");
    }
  }

  /** Pages that come after the guest, or null. */
  public @Nullable MissingPages missing() {
    return leftOut == null ? null : leftOut.missing();
  }

  private void barrier(PayloadReader fields, WireHeader header) throws IOException {
    int round = SourceStream.round(fields);
    if (round != rounds + 1) {
      throw fields.bad("round " + round + " after " + rounds);
    }
    rounds = round;
    if (channels != null) {
      channels.round(round, header.has(WireHeader.PAUSED));
    }
  }

  /** All that came before is in place, on every channel: they met at the end of the round. */
  private void arrived(PayloadReader fields, WireHeader header) throws IOException {
    int round = fields.u32("round");
    fields.end();
    if (round != rounds || header.has(WireHeader.PAUSED)) {
      throw fields.bad("round " + round + " after " + rounds);
    }
    link.out().send(MessageType.ARRIVED, new PayloadWriter().u32(round).done());
  }

  private static void paused(WireHeader header) throws MigrationStreamException {
    if (!header.has(WireHeader.PAUSED)) {
      throw new MigrationStreamException(header.type() + " while the guest runs");
    }
  }

  private Loaded finish(MovableGuest into, PageReceiver receiver, WireHeader header)
      throws IOException {
    if (!(link.handover(header) instanceof HandoverMessage.Final last)
        || !last.uuid().equals(setup.uuid())) {
      throw new MigrationStreamException("FINAL of another migration");
    }
    finalAt = System.nanoTime();
    enters.accept("state");
    String digest = channels == null ? link.in().pausedDigest() : channels.pausedDigest();
    link.transport().stopWhen(() -> false);
    endChannels();
    if (!digest.equals(last.digest())) {
      throw new MigrationStreamException("FINAL: digest " + last.digest() + ", received " + digest);
    }
    byte[] saved = state;
    if (saved == null) {
      throw new MigrationStreamException("FINAL without a state");
    }
    if (setup.verify() && verified != into.memory().pages()) {
      throw new MigrationStreamException("FINAL without all checksums that were announced");
    }
    try {
      into.flatState().restore(saved);
      into.memory().owners().restore(owners);
      into.memory().owners().cameInUse(receiver.filled());
    } catch (StateRefusedException | IllegalArgumentException e) {
      throw refused("state refused: " + e.getMessage(), e);
    }
    return new Loaded(last, digest);
  }

  private byte[] image() throws IOException {
    byte[] image = new byte[setup.imageBytes()];
    int at = 0;
    while (at < image.length) {
      WireHeader header = link.in().next();
      link.expect(header, MessageType.IMAGE);
      PayloadReader fields = link.in().fields();
      long offset = fields.u64("offset");
      fields.end();
      if (offset != at || header.dataLength() == 0 || header.dataLength() > image.length - at) {
        throw fields.bad(header.dataLength() + " bytes at " + offset + ", expected at " + at);
      }
      if (!header.has(WireHeader.DATA_CRC)) {
        throw fields.bad("no checksum");
      }
      link.in().data(ByteBuffer.wrap(image, at, header.dataLength()));
      at += header.dataLength();
      watch.progress();
    }
    if (!StreamDigest.of(image).equals(setup.imageSha256())) {
      throw new MigrationRefusedException("the image's digest is not the one announced");
    }
    return image;
  }

  private static MigrationRefusedException refused(String reason, Throwable cause) {
    MigrationRefusedException refused = new MigrationRefusedException(reason);
    refused.initCause(cause);
    return refused;
  }
}
