package aerostat.devices.balloon;

import static aerostat.devices.balloon.BalloonLayout.U32;
import static aerostat.devices.balloon.BalloonLayout.U64;

import aerostat.devices.clock.DeviceClock;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.state.StateRefusedException;
import java.lang.foreign.MemorySegment;

/** The balloon's slice of the flat state, with its first values and what values it can hold. */
final class BalloonState {
  private final MemorySegment slice;

  BalloonState(MemorySegment slice) {
    this.slice = slice;
    set32(BalloonLayout.HINT_COMMAND, BalloonLayout.COMMAND_MIN);
    set64(BalloonLayout.STATS_DEADLINE, DeviceClock.NEVER);
    forgetStats();
  }

  int get32(int field) {
    return slice.get(U32, field);
  }

  void set32(int field, int value) {
    slice.set(U32, field, value);
  }

  long get64(int field) {
    return slice.get(U64, field);
  }

  void set64(int field, long value) {
    slice.set(U64, field, value);
  }

  void count(BalloonCounter counter, long by) {
    int field = BalloonLayout.COUNTERS + 8 * counter.ordinal();
    set64(field, get64(field) + by);
  }

  long counter(BalloonCounter counter) {
    return get64(BalloonLayout.COUNTERS + 8 * counter.ordinal());
  }

  long stat(int tag) {
    return get64(BalloonLayout.STATS_VALUES + 8 * tag);
  }

  void setStat(int tag, long value) {
    set64(BalloonLayout.STATS_VALUES + 8 * tag, value);
  }

  /** All statistics unset: all ones. */
  void forgetStats() {
    for (int tag = 0; tag < BalloonLayout.STATS; tag++) {
      setStat(tag, -1);
    }
  }

  HintStatus hintStatus() {
    return HintStatus.values()[get32(BalloonLayout.HINT_STATUS)];
  }

  /** The hint command that the guest reads in the config space (DEV-13's table). */
  int hintCommandSeen() {
    return switch (hintStatus()) {
      case STOP, START -> BalloonLayout.COMMAND_STOP;
      case REQUESTED -> get32(BalloonLayout.HINT_COMMAND);
      case DONE -> BalloonLayout.COMMAND_DONE;
    };
  }

  void setHintStatus(HintStatus status) {
    set32(BalloonLayout.HINT_STATUS, status.ordinal());
  }

  /**
   * @throws StateRefusedException for what no run can have left behind
   */
  void checkRestored(String name, GuestMemory memory, long offered) {
    long target = Integer.toUnsignedLong(get32(BalloonLayout.NUM_PAGES));
    require(name, "target pages", target <= memory.size() >>> GuestMemory.PAGE_SHIFT, target);
    int status = get32(BalloonLayout.HINT_STATUS);
    require(name, "hint status", status >= 0 && status < HintStatus.values().length, status);
    boolean hintingOffered = (offered & BalloonLayout.F_FREE_PAGE_HINT) != 0;
    require(name, "hint status", hintingOffered || status == HintStatus.STOP.ordinal(), status);
    int command = get32(BalloonLayout.HINT_COMMAND);
    require(name, "hint command", command < 0, command); // from 0x80000000 up, unsigned
    int poison = get32(BalloonLayout.POISON_VAL);
    require(name, "poison", poison == 0 || (offered & BalloonLayout.F_PAGE_POISON) != 0, poison);
    int interval = get32(BalloonLayout.STATS_INTERVAL);
    require(name, "polling interval", interval >= 0, interval);
    int came = get32(BalloonLayout.STATS_CAME);
    require(name, "statistics came", came == 0 || came == 1, came);
    long deadline = get64(BalloonLayout.STATS_DEADLINE);
    require(
        name,
        "polling deadline",
        deadline >= 0 && (interval > 0 || deadline == DeviceClock.NEVER),
        deadline);
  }

  static void require(String name, String what, boolean holds, long value) {
    if (!holds) {
      throw new StateRefusedException(
          name + ": " + what + " 0x" + Long.toHexString(value) + " is not possible here");
    }
  }
}
