package aerostat.devices.balloon;

/** The balloon's config space: always little-endian, as large as what is offered (UAPI-11). */
final class ConfigSpace {
  /** Last byte of {@code actual}: a driver that writes bytes writes it last (UAPI-15). */
  private static final int ACTUAL_LAST_BYTE = BalloonLayout.CONFIG_ACTUAL + 3;

  private final BalloonState state;
  private final HintMachine hints;
  private final HostSide host;
  private final int size;

  ConfigSpace(BalloonState state, HintMachine hints, HostSide host, int size) {
    this.state = state;
    this.hints = hints;
    this.host = host;
    this.size = size;
  }

  int read(int offset, int width) {
    int field = field(offset & ~3);
    int shifted = field >>> (8 * (offset & 3));
    return width == 4 ? shifted : shifted & ((1 << (8 * width)) - 1);
  }

  private int field(int offset) {
    if (offset >= size) {
      return 0;
    }
    return switch (offset) {
      case BalloonLayout.CONFIG_NUM_PAGES -> state.get32(BalloonLayout.NUM_PAGES);
      case BalloonLayout.CONFIG_ACTUAL -> state.get32(BalloonLayout.ACTUAL);
      case BalloonLayout.CONFIG_HINT_COMMAND -> hints.commandSeen();
      default -> 0;
    };
  }

  /** Only {@code actual} is the driver's to write. */
  void write(int offset, int width, int value) {
    if ((offset & ~3) != BalloonLayout.CONFIG_ACTUAL) {
      return;
    }
    int shift = 8 * (offset & 3);
    int mask = (width == 4 ? -1 : (1 << (8 * width)) - 1) << shift;
    int old = state.get32(BalloonLayout.ACTUAL);
    state.set32(BalloonLayout.ACTUAL, (old & ~mask) | ((value << shift) & mask));
    if (offset + width > ACTUAL_LAST_BYTE) {
      host.actualWritten();
    }
  }
}
