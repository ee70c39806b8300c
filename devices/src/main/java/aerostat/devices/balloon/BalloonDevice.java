package aerostat.devices.balloon;

import aerostat.devices.clock.DeviceClock;
import aerostat.mmio.state.FlatState;
import aerostat.mmio.trace.TraceLine;
import aerostat.mmio.virtio.VirtioDevice;
import aerostat.mmio.virtio.VirtioPort;
import aerostat.mmio.virtio.Virtqueue;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The traditional memory balloon (device id 5), with QEMU's behaviour by the rules DEV-01 to
 * DEV-33. This class joins the parts: config space, page queues, statistics and hinting.
 */
public final class BalloonDevice implements VirtioDevice {
  private final String name;
  private final long offered;
  private final long transportOptions;
  private final QueueMap queues;
  private final BalloonOptions options;
  private final BalloonState state;
  private final DeviceClock clock;
  private @Nullable Parts parts;

  /** What exists once the device knows its transport. */
  private record Parts(
      VirtioPort port,
      PageHandler pages,
      ReportHandler reports,
      StatsHandler stats,
      FreePageSource hints,
      ConfigSpace config,
      HostSide host) {}

  /**
   * @param name of the instance: names its slice of the state
   * @throws IllegalArgumentException for options that do not go together
   */
  public BalloonDevice(
      String name, BalloonOptions options, FlatState flatState, DeviceClock clock) {
    options.check();
    this.name = name;
    this.options = options;
    this.offered = BalloonLayout.offered(options);
    this.transportOptions = BalloonLayout.transportOptions(options);
    this.queues = new QueueMap(options.queueNumbering(), offered);
    this.clock = clock;
    this.state =
        new BalloonState(
            flatState.slice(
                name + ".balloon",
                BalloonLayout.LAYOUT_VERSION,
                BalloonLayout.BYTES,
                this::restored));
  }

  /** The host's side: targets, statistics, hinting. After the transport was made. */
  public BalloonHost host() {
    return parts().host();
  }

  /** What this balloon has counted so far. */
  public long counter(BalloonCounter counter) {
    return state.counter(counter);
  }

  public HintStatus hintStatus() {
    return state.hintStatus();
  }

  /**
   * Stops or allows discards: while stopped, inflated pages keep their host memory (DEV-03). A
   * setting of the host, not part of the state.
   */
  public void inhibitDiscards(boolean inhibit) {
    parts().pages().inhibitDiscards(inhibit);
    parts().reports().inhibitDiscards(inhibit);
  }

  @Override
  public void attach(VirtioPort port) {
    FreePageSource hints =
        options.has(BalloonProperty.GET_FREE_PAGES)
            ? new FreePagesMachine(state, port, () -> queue(port, QueueRole.FREE_PAGE), options)
            : new HintMachine(state, port);
    StatsHandler stats = new StatsHandler(state, port, () -> queue(port, QueueRole.STATS), clock);
    HostSide host = new HostSide(state, port, hints, stats);
    parts =
        new Parts(
            port,
            new PageHandler(state, port),
            new ReportHandler(state, port, options.has(BalloonProperty.SCRIBBLE_REPORTED)),
            stats,
            hints,
            new ConfigSpace(state, port, host),
            host);
  }

  @Override
  public int deviceId() {
    return BalloonLayout.DEVICE_ID;
  }

  @Override
  public long transportOptions() {
    return transportOptions;
  }

  @Override
  public long offeredFeatures() {
    return offered;
  }

  @Override
  public boolean acceptsFeatures(long features) {
    return BalloonLayout.consistent(features);
  }

  @Override
  public int queueCount() {
    return queues.count();
  }

  @Override
  public int queueSizeMax(int queue) {
    QueueRole role = role(queue);
    return role == null ? 0 : role.size;
  }

  @Override
  public int configSize() {
    return BalloonLayout.configSize(offered);
  }

  @Override
  public int readConfig(int offset, int width) {
    return parts().config().read(offset, width);
  }

  @Override
  public void writeConfig(int offset, int width, int value) {
    parts().config().write(offset, width, value);
  }

  @Override
  public boolean handle(int queue, Virtqueue virtqueue) {
    QueueRole role = Objects.requireNonNull(role(queue));
    return switch (role) {
      case INFLATE, DEFLATE, INFLATE_DEFLATE -> parts().pages().handle(role, virtqueue);
      case STATS -> parts().stats().handle(virtqueue);
      case FREE_PAGE -> parts().hints().handle(virtqueue);
      case REPORTING -> parts().reports().handle(virtqueue);
    };
  }

  @Override
  public boolean polls(int queue) {
    return role(queue) == QueueRole.FREE_PAGE && state.hintStatus() == HintStatus.START;
  }

  /** Arrays of page numbers, 256 as Linux sends them (CLASSIC-03); a bitmap may mean more. */
  @Override
  public boolean isPrompt(int queue) {
    QueueRole role = role(queue);
    return (role == QueueRole.INFLATE || role == QueueRole.DEFLATE)
        && (parts().port().features() & FreePagesLayout.F_PAGE_BITMAP) == 0;
  }

  @Override
  public boolean writableAreRanges(int queue) {
    return queues.mayNameRanges(queue);
  }

  @Override
  public void queueStopped(int queue) {
    if (role(queue) == QueueRole.STATS) {
      parts().stats().forgetHeld();
    } else if (role(queue) == QueueRole.FREE_PAGE) {
      parts().hints().queueStopped();
    }
  }

  @Override
  public void driverReady() {
    VirtioPort port = parts().port();
    String mismatch = queues.mismatch(port.features(), index -> port.queue(index).size() > 0);
    if (mismatch != null) {
      port.needsReset(mismatch);
    }
  }

  @Override
  public int configInterruptBits() {
    return 3; // as QEMU (DEV-12)
  }

  @Override
  public void reset() {
    Parts all = parts();
    all.stats().forgetHeld();
    all.hints().reset();
    all.pages().reset();
    state.set32(BalloonLayout.POISON_VAL, 0); // POISON-12
    if (all.port().trace().on()) {
      TraceLine.of(all.port().name(), "balloon-reset").to(all.port().trace());
    }
  }

  private void restored() {
    Parts all = parts();
    state.checkRestored(name, all.port().memory(), offered);
    all.stats().restored();
    all.hints().restored();
  }

  private @Nullable QueueRole role(int queue) {
    return queues.role(queue, parts().port().features());
  }

  private @Nullable Virtqueue queue(VirtioPort port, QueueRole role) {
    int index = queues.index(role, port.features());
    return index < 0 ? null : port.queue(index);
  }

  private Parts parts() {
    return Objects.requireNonNull(parts, "the balloon has no transport yet");
  }
}
