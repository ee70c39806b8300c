package aerostat.devices.balloon;

import aerostat.devices.clock.DeviceClock;
import aerostat.mmio.state.FlatState;
import aerostat.mmio.trace.TraceLine;
import aerostat.mmio.virtio.VirtioDevice;
import aerostat.mmio.virtio.VirtioPort;
import aerostat.mmio.virtio.Virtqueue;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The traditional memory balloon (device id 5), with QEMU's behaviour by the rules DEV-01 to
 * DEV-33. This class joins the parts: config space, page queues, statistics and hinting.
 */
public final class BalloonDevice implements VirtioDevice {
  private final String name;
  private final long offered;
  private final List<@Nullable QueueRole> roles;
  private final BalloonState state;
  private final DeviceClock clock;
  private @Nullable Parts parts;

  /** What exists once the device knows its transport. */
  private record Parts(
      VirtioPort port,
      PageHandler pages,
      StatsHandler stats,
      HintMachine hints,
      ConfigSpace config,
      HostSide host) {}

  /**
   * A balloon with QEMU's queue numbers.
   *
   * @throws IllegalArgumentException for a feature that is not built yet
   */
  public BalloonDevice(
      String name, BalloonOptions options, FlatState flatState, DeviceClock clock) {
    this(name, options, QueueNumbering.DENSE_OFFERED, flatState, clock);
  }

  /**
   * @param name of the instance: names its slice of the state
   * @throws IllegalArgumentException for a feature that is not built yet
   */
  public BalloonDevice(
      String name,
      BalloonOptions options,
      QueueNumbering numbering,
      FlatState flatState,
      DeviceClock clock) {
    refuseUnbuilt(options);
    this.name = name;
    this.offered = BalloonLayout.offered(options);
    this.roles = numbering.assign(offered);
    this.clock = clock;
    this.state =
        new BalloonState(
            flatState.slice(
                name + ".balloon",
                BalloonLayout.LAYOUT_VERSION,
                BalloonLayout.BYTES,
                this::restored));
  }

  /** A feature whose function is missing is refused, never ignored. */
  private static void refuseUnbuilt(BalloonOptions options) {
    if (options.freePageReporting()) {
      throw new IllegalArgumentException("balloon: free-page-reporting is not built yet");
    }
    if (options.pagePoison()) {
      throw new IllegalArgumentException("balloon: page-poison is not built yet");
    }
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
  }

  @Override
  public void attach(VirtioPort port) {
    HintMachine hints = new HintMachine(state, port);
    StatsHandler stats = new StatsHandler(state, port, roles.indexOf(QueueRole.STATS), clock);
    HostSide host = new HostSide(state, port, hints, stats);
    parts =
        new Parts(
            port,
            new PageHandler(state, port),
            stats,
            hints,
            new ConfigSpace(state, hints, host, BalloonLayout.configSize(offered)),
            host);
  }

  @Override
  public int deviceId() {
    return BalloonLayout.DEVICE_ID;
  }

  @Override
  public long offeredFeatures() {
    return offered;
  }

  @Override
  public int queueCount() {
    return roles.size();
  }

  @Override
  public int queueSizeMax(int queue) {
    QueueRole role = roles.get(queue);
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
    QueueRole role = Objects.requireNonNull(roles.get(queue));
    return switch (role) {
      case INFLATE, DEFLATE -> parts().pages().handle(role, virtqueue);
      case STATS -> parts().stats().handle(virtqueue);
      case FREE_PAGE -> parts().hints().handle(virtqueue);
      case REPORTING -> throw new IllegalStateException("reporting is not offered");
    };
  }

  @Override
  public boolean polls(int queue) {
    return roles.get(queue) == QueueRole.FREE_PAGE && state.hintStatus() == HintStatus.START;
  }

  @Override
  public boolean writableAreRanges(int queue) {
    return roles.get(queue) == QueueRole.FREE_PAGE;
  }

  @Override
  public void queueStopped(int queue) {
    if (roles.get(queue) == QueueRole.STATS) {
      parts().stats().forgetHeld();
    }
  }

  @Override
  public int configInterruptBits() {
    return 3; // as QEMU (DEV-12)
  }

  @Override
  public void reset() {
    Parts all = parts();
    all.stats().reset();
    all.hints().reset();
    all.pages().reset();
    if (all.port().trace().on()) {
      TraceLine.of(all.port().name(), "balloon-reset").to(all.port().trace());
    }
  }

  private void restored() {
    Parts all = parts();
    state.checkRestored(name, all.port().memory(), (offered & BalloonLayout.F_FREE_PAGE_HINT) != 0);
    all.stats().restored();
    all.hints().restored();
  }

  private Parts parts() {
    return Objects.requireNonNull(parts, "the balloon has no transport yet");
  }
}
