package aerostat.vmm.migration.source;

import aerostat.vmm.migration.control.MigrationParameters;
import aerostat.vmm.migration.control.MigrationStats;
import aerostat.vmm.migration.guest.MovableGuest;
import aerostat.vmm.migration.guest.SetupMessage;
import aerostat.vmm.migration.pages.DirtyPages;
import aerostat.vmm.migration.pages.MainChannel;
import aerostat.vmm.migration.pages.PageChannels;
import aerostat.vmm.migration.pages.ParallelChannels;
import aerostat.vmm.migration.pages.PlantedErrors;
import aerostat.vmm.migration.pages.SourceStream;
import aerostat.vmm.migration.postcopy.PostcopySwitch;
import aerostat.vmm.migration.transport.Connections;
import aerostat.vmm.migration.transport.MigrationAddress;
import aerostat.vmm.migration.wire.Link;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.PayloadReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** From the first connection to the last byte before FINAL: setup, rounds, pause, state. */
final class SourceTransfer implements AutoCloseable {
  /** What others want to know of it. */
  interface Watcher {
    void connected(Link link);

    void status(String status);

    /** After each sync. */
    void pass();

    /** From here on the guest's run state is the migration's. */
    void switching();
  }

  /** The guest, the way to its destination, and the wish to stop. */
  record Task(
      UUID uuid,
      MovableGuest guest,
      MigrationAddress address,
      Connections connections,
      Supplier<MigrationParameters> parameters,
      int channels,
      boolean autoConverge,
      PlantedErrors errors,
      PostcopySwitch postcopy,
      BooleanSupplier cancelled) {}

  private static final long CONNECT_TIMEOUT = TimeUnit.SECONDS.toNanos(10);
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  private final Task task;
  private final SwitchOver switchOver;
  private final MigrationStats stats;
  private final Watcher watcher;
  private @Nullable PageChannels channels;

  SourceTransfer(Task task, SwitchOver switchOver, MigrationStats stats, Watcher watcher) {
    this.task = task;
    this.switchOver = switchOver;
    this.stats = stats;
    this.watcher = watcher;
  }

  /** A connection to another address of the same destination. */
  Link connect(MigrationAddress address, BooleanSupplier stop) throws IOException {
    return new Link(task.connections().connect(address, CONNECT_TIMEOUT, stop));
  }

  /** A connection to the task's address. */
  Link connect(BooleanSupplier stop) throws IOException {
    return new Link(task.connections().connect(task.address(), CONNECT_TIMEOUT, stop));
  }

  /**
   * Sends everything; the guest stands still at the end.
   *
   * @return digest of what went after the pause
   */
  String run() throws IOException {
    stats.enters("connect");
    Link main = connect(task.cancelled());
    watcher.connected(main);
    main.transport().patience(PATIENCE);
    main.transport().stopWhen(task.cancelled());
    try {
      return send(main);
    } catch (IOException e) {
      throw main.reasonOfPeer(e);
    } finally {
      main.transport().stopWhen(() -> false);
    }
  }

  private String send(Link main) throws IOException {
    MigrationParameters p = task.parameters().get();
    MovableGuest guest = task.guest();
    boolean verify = p.verify();
    stats.enters("setup");
    SourceStream.setup(
        SetupMessage.of(task.uuid(), guest, verify, task.channels()),
        guest.imageBytes(),
        main.out());
    task.errors().begin(p::sabotaged);
    DirtyPages dirty = new DirtyPages(guest, task.errors());
    Opening opening = Opening.begin(dirty, switchOver, p, stats);
    stats.enters("setup");
    main.expect(main.in().next(), MessageType.ACCEPT);
    PayloadReader accept = main.in().fields();
    accept.u32("version");
    accept.end();

    PageChannels pages = open(main);
    channels = pages;
    Precopy precopy =
        new Precopy(
            guest,
            main,
            pages,
            opening,
            switchOver,
            task.autoConverge() ? new AutoConverge(p.throttleSteps(), System.nanoTime()) : null,
            stats,
            task.parameters(),
            task.cancelled(),
            watcher::pass);
    precopy.postcopy(task.postcopy());
    watcher.status("active");
    precopy.rounds();
    stats.enters("pause");
    watcher.switching();
    watcher.status("device");
    precopy.last(verify);
    return pages.pausedDigest();
  }

  private PageChannels open(Link main) throws IOException {
    if (task.channels() == 0) {
      return new MainChannel(task.guest().memory(), main.out());
    }
    List<Link> links = new ArrayList<>();
    try {
      for (int i = 0; i < task.channels(); i++) {
        Link link = connect(task.cancelled());
        links.add(link);
        link.transport().patience(PATIENCE);
        link.transport().stopWhen(task.cancelled());
      }
      return new ParallelChannels(
          task.guest().memory(), task.uuid(), main.out(), links, task.cancelled());
    } catch (IOException e) {
      links.forEach(Link::close);
      throw e;
    }
  }

  /** Ends the channels beside the main one. */
  @Override
  public void close() {
    PageChannels open = channels;
    if (open != null) {
      open.close();
    }
  }
}
