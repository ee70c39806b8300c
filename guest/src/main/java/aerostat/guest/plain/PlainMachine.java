package aerostat.guest.plain;

import aerostat.guest.kernel.Entry;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The machine as plain Java, for unit tests of guest code and for the plain form of benchmarks:
 * guest classes run as javac made them, records and all. One machine a process, one test at a time:
 * {@link #reset} begins a new one.
 *
 * <p>What differs from a real vCPU: interrupts are taken only at {@code irqRestore(1)}, {@code
 * safepoint()} and {@code waitForInterrupt()}; time is fake and goes on by {@link #setTimePerCall}
 * at each look; idle jumps to the next deadline; each guest thread is a Java thread and only one of
 * them runs at a time; an access above the guest's RAM but below {@link #CAPACITY} does not fault.
 */
public final class PlainMachine {
  private PlainMachine() {}

  /** Guest-physical address of the first byte of RAM. */
  public static final long RAM_BASE = 0x4000_0000L;

  /** Console registers, 4 KiB. */
  public static final long CONSOLE_BASE = 0x0900_0000L;

  /** Interrupt line of the power registers. */
  public static final int POWER_LINE = 2;

  /** Power registers, 4 KiB. */
  public static final long POWER_BASE = 0x0901_0000L;

  /** Bytes at the start of RAM that stand for the image; constant strings are copied there. */
  public static final long ROM_SIZE = 256 << 10;

  /** Most bytes of RAM that a test may ask for. */
  public static final long CAPACITY = Long.getLong("aerostat.plain.ram", 66L << 30);

  private static final MemorySegment RAM = PlainMemory.reserve(CAPACITY);

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT_CAS =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
  private static final VarHandle LONG_CAS =
      ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

  /** A guest that leaves so many sections without a look at the clock spins: time passes. */
  private static final int SPINS = 10_000;

  private static final int MAX_IN_A_ROW = 1_000_000; // interrupts, before a test has gone wrong

  private static final Map<String, Long> STRINGS = new HashMap<>();
  private static final Map<Object, Long> OPS_IDS = new HashMap<>();
  private static final List<Object> OPS = new ArrayList<>();

  private static long ramSize;
  private static long romUsed;
  private static long now;
  private static long timePerCall;

  /** Critical sections left since anybody looked at the clock. */
  private static int sectionsUnseen;

  private static long timer;
  private static boolean irqsEnabled;
  private static int lines;
  private static long randomState;
  private static PlainMmio mmio = new PlainMmio();

  /** Begins a new machine: RAM of {@code size} bytes, all zero; every setting at its default. */
  public static void reset(long size) {
    if (size <= ROM_SIZE || size > CAPACITY) {
      throw new IllegalArgumentException("size " + size);
    }
    PlainThreads.abandon();
    PlainMemory.clear(RAM);
    ramSize = size;
    romUsed = 16;
    STRINGS.clear();
    OPS_IDS.clear();
    OPS.clear();
    now = 0;
    timePerCall = 1000;
    sectionsUnseen = 0;
    timer = Long.MAX_VALUE;
    irqsEnabled = false;
    lines = 0;
    randomState = 42;
    mmio = new PlainMmio();
    PlainBarriers.onBarrier(null);
  }

  /** Bytes of RAM of the machine that runs now. */
  public static long ramSize() {
    return ramSize;
  }

  /** The devices: add handlers, read the console. */
  public static PlainMmio mmio() {
    return mmio;
  }

  /** Fake ns that pass at each {@link #now}; 1000 after a reset. */
  public static void setTimePerCall(long ns) {
    timePerCall = ns;
  }

  /** Lets fake time pass; the timer line follows. */
  public static void advance(long ns) {
    now += ns;
  }

  /** Raises or lowers interrupt line 1 to 31. */
  public static void setLine(int line, boolean high) {
    lines = high ? lines | 1 << line : lines & ~(1 << line);
  }

  /** The deadline that the guest has armed, {@link Long#MAX_VALUE} for none. */
  public static long timerDeadline() {
    return timer;
  }

  /** Writes boot parameters and command line as a VMM does; returns the address for the entry. */
  public static long bootParams(String commandLine) {
    long page = RAM_BASE + ROM_SIZE;
    long stack = page + 4096;
    byte[] line = commandLine.getBytes(StandardCharsets.ISO_8859_1);
    store64(page, 0x544F4F424F524541L);
    store64(page + 8, RAM_BASE);
    store64(page + 16, RAM_BASE + ramSize);
    store64(page + 24, stack + 16384);
    store64(page + 32, page + 256);
    store64(page + 40, line.length);
    store64(page + 48, CONSOLE_BASE);
    store64(page + 56, POWER_BASE);
    store64(page + 64, stack);
    store64(page + 72, 16384);
    store64(page + 80, randomState);
    store64(page + 88, ROM_SIZE);
    store64(page + 96, POWER_LINE);
    for (int i = 0; i < line.length; i++) {
      store8(page + 256 + i, line[i]);
    }
    return page;
  }

  /** The RAM itself, from guest-physical {@link #RAM_BASE} on. */
  public static MemorySegment ram() {
    return RAM.asSlice(0, ramSize);
  }

  private static long offset(long address) {
    return address - RAM_BASE;
  }

  public static int load8(long a) {
    return RAM.get(ValueLayout.JAVA_BYTE, offset(a)) & 0xff;
  }

  public static int load16(long a) {
    return RAM.get(SHORT, offset(a)) & 0xffff;
  }

  public static int load32(long a) {
    return RAM.get(INT, offset(a));
  }

  public static long load64(long a) {
    return RAM.get(LONG, offset(a));
  }

  public static void store8(long a, int v) {
    RAM.set(ValueLayout.JAVA_BYTE, offset(a), (byte) v);
  }

  public static void store16(long a, int v) {
    RAM.set(SHORT, offset(a), (short) v);
  }

  public static void store32(long a, int v) {
    RAM.set(INT, offset(a), v);
  }

  public static void store64(long a, long v) {
    RAM.set(LONG, offset(a), v);
  }

  public static boolean compareAndSwap32(long a, int e, int v) {
    return INT_CAS.compareAndSet(RAM, offset(a), e, v);
  }

  public static boolean compareAndSwap64(long a, long e, long v) {
    return LONG_CAS.compareAndSet(RAM, offset(a), e, v);
  }

  private static void checkBlock(int n) {
    if (n < 0 || n > 65536) {
      throw new PlainFault("block of " + n + " bytes");
    }
  }

  public static void fillBlock(long a, int n, int v) {
    checkBlock(n);
    RAM.asSlice(offset(a), n).fill((byte) v);
  }

  public static void copyBlock(long t, long s, int n) {
    checkBlock(n);
    MemorySegment.copy(RAM, offset(s), RAM, offset(t), n);
  }

  public static int mismatchBlock(long a, long b, int n) {
    checkBlock(n);
    return (int)
        MemorySegment.mismatch(RAM, offset(a), offset(a) + n, RAM, offset(b), offset(b) + n);
  }

  public static int findOtherBlock(long a, int n, int v) {
    checkBlock(n);
    for (int i = 0; i < n; i++) {
      if (load8(a + i) != (v & 0xff)) {
        return i;
      }
    }
    return -1;
  }

  public static long mmioRead(long a, int width) {
    return mmio.read(a, width);
  }

  public static void mmioWrite(long a, int width, long v) {
    mmio.write(a, width, v);
  }

  public static long now() {
    sectionsUnseen = 0;
    now += timePerCall;
    return now;
  }

  public static long wallClock() {
    return 1_800_000_000_000_000_000L + now;
  }

  public static void setTimer(long d) {
    timer = d;
  }

  public static int irqSave() {
    int was = irqsEnabled ? 1 : 0;
    irqsEnabled = false;
    return was;
  }

  public static void irqRestore(int f) {
    irqsEnabled = f == 1;
    if (++sectionsUnseen > SPINS) {
      now += timePerCall;
    }
    deliver();
  }

  public static int irqsEnabled() {
    return irqsEnabled ? 1 : 0;
  }

  /** Takes the interrupts that are pending and enabled, in order of their lines. */
  public static void safepoint() {
    deliver();
  }

  private static int pending() {
    return lines | (now >= timer ? 1 : 0);
  }

  private static void deliver() {
    for (int i = 0; irqsEnabled && pending() != 0; i++) {
      if (i == MAX_IN_A_ROW) {
        throw new PlainFault("an interrupt line stays high");
      }
      irqsEnabled = false;
      Entry.interrupt(Integer.numberOfTrailingZeros(pending()));
      irqsEnabled = true;
    }
  }

  public static void waitForInterrupt() {
    if (pending() == 0 && !mmio.idle()) {
      if (timer == Long.MAX_VALUE) {
        throw new PlainFault(
            "the guest sleeps for ever: no timer, no interrupt\n" + mmio.console());
      }
      now = Math.max(now, timer);
    }
    deliver();
  }

  public static void prepareContext(long c, long a) {
    PlainThreads.prepare(c, a);
  }

  public static void switchTo(long f, long t) {
    PlainThreads.switchTo(f, t);
  }

  @SuppressWarnings("DoNotCallSuggester")
  public static void panic(String m) {
    throw new PlainFault("Kernel panic - not syncing: " + m + "\n" + mmio.console());
  }

  /** The constant's copy in the ROM area: length at -4, Latin-1 bytes, NUL. */
  public static long string(String s) {
    return STRINGS.computeIfAbsent(s, PlainMachine::copyString);
  }

  private static long copyString(String s) {
    byte[] bytes = s.getBytes(StandardCharsets.ISO_8859_1);
    long address = RAM_BASE + romUsed + 4;
    romUsed = (romUsed + 4 + bytes.length + 1 + 7) & ~7L;
    if (romUsed > ROM_SIZE) {
      throw new PlainFault("too many constant strings");
    }
    store32(address - 4, bytes.length);
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, RAM, address - RAM_BASE, bytes.length);
    store8(address + bytes.length, 0);
    return address;
  }

  /** The seeded generator: SplitMix64. */
  public static long random() {
    randomState += 0x9E3779B97F4A7C15L;
    long z = randomState;
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }

  public static long opsId(Object o) {
    if (o == null) {
      return 0;
    }
    // A record without components is equal to its like; a lambda only to itself.
    return OPS_IDS.computeIfAbsent(
        o,
        key -> {
          OPS.add(key);
          return (long) OPS.size();
        });
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  public static <T> T opsOf(long id) {
    if (id < 0 || id > OPS.size()) {
      throw new PlainFault("bad ops number " + id);
    }
    return id == 0 ? null : (T) OPS.get((int) id - 1);
  }
}
