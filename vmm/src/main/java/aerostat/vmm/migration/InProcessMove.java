package aerostat.vmm.migration;

import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineConfig;
import aerostat.vmm.machine.MachineHost;
import aerostat.vmm.machine.MachineSlot.ExpectedConfig;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.control.MigrationStats;
import aerostat.vmm.migration.destination.StreamLoader;
import aerostat.vmm.migration.guest.GuestHost;
import aerostat.vmm.migration.guest.MachineGuest;
import aerostat.vmm.migration.guest.MovableGuest;
import aerostat.vmm.migration.guest.SetupMessage;
import aerostat.vmm.migration.handover.HandoverAction;
import aerostat.vmm.migration.handover.HandoverDestination;
import aerostat.vmm.migration.handover.HandoverSource;
import aerostat.vmm.migration.handover.HandoverStep;
import aerostat.vmm.migration.pages.DirtyPages;
import aerostat.vmm.migration.pages.FreeSet;
import aerostat.vmm.migration.pages.PageSender;
import aerostat.vmm.migration.pages.PlantedErrors;
import aerostat.vmm.migration.pages.SourceStream;
import aerostat.vmm.migration.postcopy.MissingPages;
import aerostat.vmm.migration.transport.MemoryTransport;
import aerostat.vmm.migration.wire.Link;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.WireHeader;
import aerostat.vmm.migration.wire.WireLimits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.UUID;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Moves a paused guest into a fresh machine of the same process, by the same messages, checks and
 * handover as between two processes, but over memory and on the caller's thread. The stream is held
 * in memory: for small guests, in tests.
 */
public final class InProcessMove {
  private InProcessMove() {}

  /**
   * The guest of a stopped machine in a new one, not started, in state PAUSED. The old one is in
   * POSTMIGRATE and stays to be compared and closed by the caller; hinting is ended as every
   * migration ends it.
   *
   * @throws IllegalStateException if the source runs
   * @throws UncheckedIOException if the destination rejects the stream; the source is as before
   */
  public static Machine move(Machine source, MachineHost host) {
    MovableGuest moved =
        move(
            new MachineGuest(source),
            (config, image) -> new MachineGuest(Machine.incoming(config, image, host)));
    return ((MachineGuest) moved).machine();
  }

  static MovableGuest move(
      MovableGuest source, BiFunction<MachineConfig, byte[], MovableGuest> factory) {
    if (source.state() == RunState.RUNNING) {
      throw new IllegalStateException("the machine must be paused");
    }
    MemoryTransport.Pipe down = new MemoryTransport.Pipe();
    MemoryTransport.Pipe up = new MemoryTransport.Pipe();
    Link sender = new Link(new MemoryTransport(up, down));
    Link receiver = new Link(new MemoryTransport(down, up));
    UUID uuid = UUID.randomUUID();
    try {
      return receive(source, send(source, uuid, sender), sender, receiver, factory).guest();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A guest on its new side.
   *
   * @param missing pages that it has not got, or null
   */
  record Arrived(MovableGuest guest, @Nullable MissingPages missing) {}

  /** The other half: everything up to FINAL lies in the pipe. */
  static Arrived receive(
      MovableGuest source,
      HandoverSource offered,
      Link sender,
      Link receiver,
      BiFunction<MachineConfig, byte[], MovableGuest> factory)
      throws IOException {
    WireHeader header = receiver.in().next();
    receiver.expect(header, MessageType.SETUP);
    SetupMessage setup = SetupMessage.decode(receiver.in().fields(), WireLimits.VERSION);
    try (StreamLoader loader =
        new StreamLoader(receiver, new OneGuest(factory), setup, (l, h) -> {})) {
      loader.accept();
      StreamLoader.Loaded loaded = loader.load();
      MovableGuest guest = handOver(source, offered, sender, receiver, loader, loaded);
      return new Arrived(guest, loader.missing());
    }
  }

  /**
   * The state of a paused guest whose pages have gone, and FINAL.
   *
   * @param free hinted pages that the destination is to fill, or null
   */
  static HandoverSource offer(MovableGuest source, UUID uuid, @Nullable FreeSet free, Link sender)
      throws IOException {
    SourceStream.state(source, null, free, sender.out());
    HandoverStep<HandoverSource> offer =
        HandoverSource.begin(uuid).offer(sender.out().pausedDigest(), false);
    perform(offer, sender);
    return offer.next();
  }

  private static HandoverSource send(MovableGuest source, UUID uuid, Link sender)
      throws IOException {
    GuestMemory memory = source.memory();
    DirtyPages dirty = new DirtyPages(source, new PlantedErrors());
    dirty.begin();
    MigrationStats stats = new MigrationStats(uuid, memory.size());
    SourceStream.setup(SetupMessage.of(uuid, source, false, 0), source.imageBytes(), sender.out());
    sender.out().paused();
    PageSender pages = new PageSender(memory, sender.out(), dirty, stats, total -> {});
    pages.zeros(dirty.untouched());
    pages.round();
    return offer(source, uuid, null, sender);
  }

  private static MovableGuest handOver(
      MovableGuest source,
      HandoverSource offered,
      Link sender,
      Link receiver,
      StreamLoader loader,
      StreamLoader.Loaded loaded)
      throws IOException {
    HandoverStep<HandoverDestination> ready =
        HandoverDestination.begin(offered.uuid()).loaded(loaded.digest());
    perform(ready, receiver);
    sender.expect(sender.in().next(), MessageType.ACCEPT);
    sender.in().payload();
    HandoverStep<HandoverSource> commit = offered.received(sender.handover(sender.in().next()));
    perform(commit, sender);
    HandoverStep<HandoverDestination> started =
        ready.next().received(receiver.handover(receiver.in().next()));
    if (!started.next().mayRun()) {
      throw new IllegalStateException("the guest was not given: " + commit.next());
    }
    MovableGuest guest = loader.take();
    perform(started, receiver);
    HandoverStep<HandoverSource> completed =
        commit.next().received(sender.handover(sender.in().next()));
    if (completed.next().phase() != HandoverSource.Phase.COMPLETED) {
      throw new IllegalStateException("the guest was not taken: " + completed.next());
    }
    source.setState(RunState.POSTMIGRATE);
    guest.setState(RunState.PAUSED);
    return guest;
  }

  private static void perform(HandoverStep<?> step, Link link) throws IOException {
    for (HandoverAction action : step.actions()) {
      if (action instanceof HandoverAction.Send send) {
        link.out().send(send.message());
      }
    }
  }

  /** A place for one guest, without a process around it. */
  private record OneGuest(BiFunction<MachineConfig, byte[], MovableGuest> factory)
      implements GuestHost {
    @Override
    public @Nullable MovableGuest present() {
      return null;
    }

    @Override
    public ExpectedConfig expected() {
      return ExpectedConfig.NONE;
    }

    @Override
    public MovableGuest build(MachineConfig config, byte[] image) {
      return factory.apply(config, image);
    }

    @Override
    public void install(MovableGuest guest) {}

    @Override
    public void remove() {}
  }
}
