package aerostat.devices.balloon;

import aerostat.mmio.virtio.VirtioPort;

/** The balloon's config space: always little-endian, as large as what is offered (UAPI-11). */
final class ConfigSpace {
  /** Last byte of {@code actual}: a driver that writes bytes writes it last (UAPI-15). */
  private static final int ACTUAL_LAST_BYTE = BalloonLayout.CONFIG_ACTUAL + 3;

  private final BalloonState state;
  private final HostSide host;
  private final VirtioPort port;

  ConfigSpace(BalloonState state, VirtioPort port, HostSide host) {
    this.state = state;
    this.port = port;
    this.host = host;
  }

  int read(int offset, int width) {
    int field = field(offset & ~3);
    int shifted = field >>> (8 * (offset & 3));
    return width == 4 ? shifted : shifted & ((1 << (8 * width)) - 1);
  }

  private int field(int offset) {
    return switch (offset) {
      case BalloonLayout.CONFIG_NUM_PAGES -> state.get32(BalloonLayout.NUM_PAGES);
      case BalloonLayout.CONFIG_ACTUAL -> state.get32(BalloonLayout.ACTUAL);
      case BalloonLayout.CONFIG_HINT_COMMAND -> state.hintCommandSeen();
      case BalloonLayout.CONFIG_POISON -> state.get32(BalloonLayout.POISON_VAL);
      default -> 0;
    };
  }

  /** Only {@code actual} and {@code poison_val} are the driver's to write. */
  void write(int offset, int width, int value) {
    switch (offset & ~3) {
      case BalloonLayout.CONFIG_ACTUAL -> {
        merge(BalloonLayout.ACTUAL, offset, width, value);
        if (offset + width > ACTUAL_LAST_BYTE) {
          host.actualWritten();
        }
      }
      case BalloonLayout.CONFIG_POISON -> merge(BalloonLayout.POISON_VAL, offset, width, value);
      default -> {}
    }
    if ((port.features() & BalloonLayout.F_PAGE_POISON) == 0) {
      state.set32(BalloonLayout.POISON_VAL, 0); // POISON-12
    }
  }

  private void merge(int field, int offset, int width, int value) {
    int shift = 8 * (offset & 3);
    int mask = (width == 4 ? -1 : (1 << (8 * width)) - 1) << shift;
    state.set32(field, (state.get32(field) & ~mask) | ((value << shift) & mask));
  }
}
