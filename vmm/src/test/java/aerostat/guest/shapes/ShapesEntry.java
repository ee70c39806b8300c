package aerostat.guest.shapes;

import aerostat.guest.machine.Io;
import aerostat.guest.machine.Memory;

/** Entry of the image of shapes: the boot parameters' seed selects one, the result goes to RAM. */
public final class ShapesEntry {
  private ShapesEntry() {}

  /** Written beside the result. */
  public static final long DONE = 0x600D_600D_600D_600DL;

  public static void start(long bootParams) {
    long free = Memory.load64(bootParams + 24);
    int selector = (int) Memory.load64(bootParams + 80);
    long result = Shapes.run(selector >> 8, selector & 255, free + 4096);
    Memory.store64(free, result);
    Memory.store64(free + 8, DONE);
    Io.writel(1, Memory.load64(bootParams + 56));
  }

  public static void interrupt(int line) {
    Memory.store64(0, line);
  }

  public static void thread(long argument) {
    Memory.store64(0, argument);
  }
}
