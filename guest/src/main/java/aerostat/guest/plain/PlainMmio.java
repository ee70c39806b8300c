package aerostat.guest.plain;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** MMIO of the plain machine: console, power, and the devices that a test adds. */
public final class PlainMmio {
  private final StringBuilder console = new StringBuilder();
  private final TreeMap<Long, PlainDevice> devices = new TreeMap<>();
  private long buffer;

  PlainMmio() {
    add(PlainMachine.CONSOLE_BASE, new Console());
    add(PlainMachine.POWER_BASE, new Power());
  }

  /** Puts a device of 4 KiB at {@code base}. */
  public void add(long base, PlainDevice device) {
    devices.put(base, device);
  }

  /** All that the guest has printed. */
  public String console() {
    return console.toString();
  }

  private Map.Entry<Long, PlainDevice> find(long address) {
    Map.Entry<Long, PlainDevice> entry = devices.floorEntry(address);
    if (entry == null || address - entry.getKey() >= 4096) {
      throw new PlainFault("no device at " + Long.toHexString(address));
    }
    return entry;
  }

  long read(long address, int width) {
    var entry = find(address);
    return entry.getValue().read(address - entry.getKey(), width);
  }

  void write(long address, int width, long value) {
    var entry = find(address);
    long mask = width == 8 ? -1L : (1L << (width * 8)) - 1;
    entry.getValue().write(address - entry.getKey(), width, value & mask);
  }

  boolean idle() {
    boolean any = false;
    for (PlainDevice device : devices.values()) {
      any |= device.idle();
    }
    return any;
  }

  private final class Console implements PlainDevice {
    @Override
    public long read(long offset, int width) {
      return 0;
    }

    @Override
    public void write(long offset, int width, long value) {
      switch ((int) offset) {
        case 0 -> console.append((char) (value & 0xff));
        case 4 -> buffer = (buffer & ~0xffff_ffffL) | value;
        case 8 -> buffer = (buffer & 0xffff_ffffL) | (value << 32);
        case 12 -> print((int) value);
        default -> throw new PlainFault("console register " + offset);
      }
    }

    private void print(int length) {
      byte[] bytes = new byte[length];
      for (int i = 0; i < length; i++) {
        bytes[i] = (byte) PlainMachine.load8(buffer + i);
      }
      console.append(new String(bytes, StandardCharsets.ISO_8859_1));
    }
  }

  /**
   * A guest that suspends is woken once nothing else happens, unless it has an alarm of its own.
   */
  private static final class Power implements PlainDevice {
    private static final int SUSPEND = 4;
    private static final int EVENTS = 4;
    private static final int WAKEUP = 2;
    private int events;
    private boolean suspended;

    @Override
    public long read(long offset, int width) {
      return offset == EVENTS ? events : 0;
    }

    @Override
    public void write(long offset, int width, long value) {
      if (offset == EVENTS) {
        suspended = false;
        set(events & ~(int) value);
      } else if (value == SUSPEND) {
        suspended = true;
      } else {
        throw new PlainPowerOff((int) value);
      }
    }

    @Override
    public boolean idle() {
      if (!suspended || PlainMachine.timerDeadline() != Long.MAX_VALUE) {
        return false;
      }
      set(WAKEUP);
      return true;
    }

    private void set(int now) {
      events = now;
      PlainMachine.setLine(PlainMachine.POWER_LINE, now != 0);
    }
  }
}
