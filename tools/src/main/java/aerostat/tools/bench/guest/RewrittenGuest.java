package aerostat.tools.bench.guest;

import aerostat.mmio.bus.MmioBus;
import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.cpu.GuestFault;
import aerostat.vmm.cpu.GuestStack;
import aerostat.vmm.cpu.ResumeEntry;
import aerostat.vmm.cpu.VcpuBinding;
import aerostat.vmm.cpu.VcpuPort;
import aerostat.vmm.cpu.VcpuServices;
import aerostat.vmm.image.CodeLoader;
import aerostat.vmm.image.Flavour;
import aerostat.vmm.image.FrameLayout;
import aerostat.vmm.image.GuestImage;
import aerostat.vmm.image.ResumeTable;
import aerostat.vmm.image.RewrittenImage;
import aerostat.vmm.machine.Machine;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.SplittableRandom;

/**
 * Rewritten guest code, called directly on the thread of the benchmark. It has the memory of a
 * machine that is never started, the intrinsics, the loader and the stack of a vCPU, and in place
 * of the vCPU a slow path that reads the clock and goes on, or stops where the benchmark wants it.
 */
final class RewrittenGuest implements GuestCode, VcpuServices {
  /** RAM of the machine. */
  static final long MEMORY = 64L << 20;

  /** 2^order pages are {@link GuestFunction#AREA_BYTES}. */
  static final int AREA_ORDER =
      64 - Long.numberOfLeadingZeros((GuestFunction.AREA_BYTES - 1) >>> GuestMemory.PAGE_SHIFT);

  /** Polls between two slow paths, about what a vCPU finds for 50 µs. */
  private static final int RELOAD = 512;

  private static final long CONSOLE = 0x0900_0000L;
  private static final long CONSOLE_BYTES = 4096;
  private static final MmioDevice SILENT =
      new MmioDevice() {
        @Override
        public long read(long offset, int width) {
          return 0;
        }

        @Override
        public void write(long offset, int width, long value) {
          // What the kernel prints when it is set up.
        }
      };

  private final Machine machine;
  private final CodeLoader code;
  private final ResumeEntry entry;
  private final ResumeTable table;
  private final VcpuPort port;
  private final GuestStack stack;
  private final long stackBase;
  private final int stackSize;
  private final long area;
  private final SplittableRandom random = new SplittableRandom(20);

  private int stopsLeft;
  private long stops;
  private long randomState = 42;

  RewrittenGuest(Form form) {
    GuestImage image = BenchImage.withEntry(GuestImage.DEFAULT_ENTRY);
    RewrittenImage rewritten = BenchImage.rewrite(image, form);
    machine = Machine.builder().memory(MEMORY).image(image).build();
    GuestMemory memory = machine.memory();
    table = rewritten.resumeTable();
    long[] frame = new long[longestFrame(table)];
    stack = new GuestStack(memory, table, frame);
    long parameters = GuestMemory.RAM_BASE + memory.romSize();
    stackBase = memory.load64(parameters + 64);
    stackSize = (int) memory.load64(parameters + 72);
    MmioBus bus = new MmioBus(machine.lock());
    bus.map("console", CONSOLE, CONSOLE_BYTES, SILENT);
    code = new CodeLoader(rewritten);
    port = new VcpuBinding(memory, bus, this, frame, machine.sanitizer()).bind(code);
    entry = code.resumeEntry(Flavour.PLAIN);
    prepare();
    port.budget(RELOAD);
    try {
      method(image.entryClass(), "setUp", MethodType.methodType(void.class, long.class))
          .invokeExact(parameters);
      area = (long) find("Pages", "area", long.class, int.class).invokeExact(AREA_ORDER);
    } catch (Throwable e) {
      throw new IllegalStateException("the guest kernel cannot be set up", e);
    }
  }

  private static int longestFrame(ResumeTable table) {
    return table.methods().stream()
        .flatMap(m -> m.sites().stream())
        .mapToInt(FrameLayout::words)
        .max()
        .orElse(1);
  }

  @Override
  public MethodHandle find(
      String className, String method, Class<?> result, Class<?>... parameters) {
    return method(
        BenchImage.PACKAGE + className, method, MethodType.methodType(result, parameters));
  }

  private MethodHandle method(String className, String method, MethodType type) {
    ClassLoader loader = code.guestClass(Flavour.PLAIN, className).getClassLoader();
    return find(MethodHandles.publicLookup(), className, loader, method, type);
  }

  static MethodHandle find(
      MethodHandles.Lookup lookup,
      String className,
      ClassLoader loader,
      String method,
      MethodType type) {
    try {
      return lookup.findStatic(Class.forName(className, true, loader), method, type);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("no guest function " + className + "." + method, e);
    }
  }

  @Override
  public long area() {
    return area;
  }

  /** The RAM, with its dirty log. */
  GuestMemory memory() {
    return machine.memory();
  }

  // ---- stops ----

  /**
   * Calls a function again and again, stopping and resuming it at polls chosen by chance, until it
   * was stopped so many times.
   *
   * @param call of type {@code ()long}
   * @return how often it was stopped: fewer if it does not poll
   */
  long stop(MethodHandle call, int times) {
    long before = stops;
    stopsLeft = times;
    port.budget(nextStop());
    for (int calls = 0; stopsLeft > 0 && calls < 50L * times; calls++) {
      run(call);
    }
    stopsLeft = 0;
    port.budget(RELOAD);
    return stops - before;
  }

  /** Calls a function once, stopping and resuming it at its first poll. */
  long runWithOneStop(MethodHandle call) {
    stopsLeft = 1;
    port.budget(0);
    return run(call);
  }

  /** Calls a function, and does what a vCPU does about its stops. */
  long run(MethodHandle call) {
    prepare();
    long bits;
    try {
      bits = (long) call.invokeExact();
    } catch (Throwable e) {
      throw new IllegalStateException("the guest function failed", e);
    }
    if (!port.unwinding()) {
      return bits;
    }
    left();
    for (; ; ) {
      long footer = stack.pop();
      port.scratch(stack.end(), stack.top());
      bits = entry.resume(ResumeTable.method(footer), ResumeTable.site(footer));
      if (port.unwinding()) {
        left();
      } else if (stack.used() == 0) {
        return bits;
      } else {
        port.returned(bits);
      }
    }
  }

  private void prepare() {
    stack.set(stackBase, stackSize, 0);
    port.depth(table.initialDepth(stackSize));
    port.scratch(stack.end(), stack.top());
  }

  private void left() {
    port.unwinding(false);
    stack.compact(port.scratch());
    stops++;
    port.budget(stopsLeft > 0 ? nextStop() : RELOAD);
  }

  /** Short distances and long ones. */
  private int nextStop() {
    return random.nextInt(1 << random.nextInt(5));
  }

  // ---- the vCPU's part ----

  @Override
  public int poll(int budget, int irq) {
    long now = System.nanoTime();
    if (stopsLeft > 0 && now != 0) {
      stopsLeft--;
      return -1;
    }
    return RELOAD;
  }

  @Override
  public boolean pending() {
    return false;
  }

  @Override
  public int expedite(int budget, int irq) {
    return budget;
  }

  @Override
  public long now(int budget) {
    return System.nanoTime();
  }

  @Override
  public long wallClock(int budget) {
    return System.currentTimeMillis() * 1_000_000;
  }

  @Override
  public int setTimer(long deadline, int budget, int irq) {
    return budget;
  }

  @Override
  public boolean waitForInterrupt(int budget, int irq) {
    throw unexpected("waitForInterrupt");
  }

  @Override
  public void switchTo(long from, long to, int budget) {
    throw unexpected("switchTo");
  }

  @Override
  public void prepareContext(long context, long argument) {
    throw unexpected("prepareContext");
  }

  @Override
  public long random() {
    randomState = randomState * 6_364_136_223_846_793_005L + 1_442_695_040_888_963_407L;
    return randomState;
  }

  @Override
  public GuestFault panic(long message) {
    return new GuestFault("the guest kernel panicked");
  }

  @Override
  public GuestFault boundExceeded(int method) {
    return new GuestFault("a bounded method made too many trips");
  }

  private static IllegalStateException unexpected(String what) {
    return new IllegalStateException("a guest function called " + what);
  }

  @Override
  public void close() {
    machine.close();
  }
}
