package aerostat.devices.console;

import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.state.FlatState;
import aerostat.mmio.trace.Trace;
import aerostat.mmio.trace.TraceLine;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The console: output only. Registers are 32 bits wide; what breaks a rule is ignored and counted.
 *
 * <table>
 *   <caption>Registers</caption>
 *   <tr><td>+0</td><td>TX: prints the low byte</td></tr>
 *   <tr><td>+4, +8</td><td>guest-physical address of a buffer, low and high half</td></tr>
 *   <tr><td>+12</td><td>prints so many bytes of the buffer, at most 4096</td></tr>
 * </table>
 *
 * Reads give 0.
 */
public final class ConsoleDevice implements MmioDevice {
  public static final int TX = 0;
  public static final int BUFFER_LOW = 4;
  public static final int BUFFER_HIGH = 8;
  public static final int PRINT = 12;

  /** Longest buffer printed at once, bytes. */
  public static final int MAX_PRINT = 4096;

  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int LAYOUT_VERSION = 1;
  private static final int STATE_BUFFER = 0;
  private static final int STATE_BYTES_PRINTED = 8;
  private static final int STATE_IGNORED = 16;
  private static final int STATE_BYTES = 24;

  private final GuestMemory memory;
  private final ConsoleSink sink;
  private final Trace trace;
  private final MemorySegment state;
  private final byte[] bytes = new byte[MAX_PRINT];
  private final MemorySegment target = MemorySegment.ofArray(bytes);

  public ConsoleDevice(GuestMemory memory, FlatState flatState, ConsoleSink sink, Trace trace) {
    this.memory = memory;
    this.sink = sink;
    this.trace = trace;
    // Any value is possible here: the address is checked at each use.
    this.state = flatState.slice("console", LAYOUT_VERSION, STATE_BYTES, () -> {});
  }

  @Override
  public long read(long offset, int width) {
    return 0;
  }

  @Override
  public void write(long offset, int width, long value) {
    if (width != 4) {
      ignored();
      return;
    }
    switch ((int) offset) {
      case TX -> {
        bytes[0] = (byte) value;
        print(1);
      }
      case BUFFER_LOW -> state.set(U32, STATE_BUFFER, (int) value);
      case BUFFER_HIGH -> state.set(U32, STATE_BUFFER + 4, (int) value);
      case PRINT -> printBuffer(value & 0xffff_ffffL);
      default -> ignored();
    }
  }

  /** Bytes printed since the guest booted. */
  public long bytesPrinted() {
    return state.get(U64, STATE_BYTES_PRINTED);
  }

  /** Accesses that broke a rule. */
  public long ignoredAccesses() {
    return state.get(U64, STATE_IGNORED);
  }

  private void printBuffer(long length) {
    long address = state.get(U64, STATE_BUFFER);
    if (length > MAX_PRINT || !memory.contains(address, length)) {
      ignored();
      return;
    }
    memory.read(address, target, 0, length);
    print((int) length);
  }

  private void print(int length) {
    state.set(U64, STATE_BYTES_PRINTED, bytesPrinted() + length);
    if (trace.on()) {
      TraceLine.of("console", "print").num("len", length).to(trace);
    }
    sink.write(bytes, 0, length);
  }

  private void ignored() {
    state.set(U64, STATE_IGNORED, ignoredAccesses() + 1);
  }
}
