package aerostat.tools.explore.agent;

import aerostat.guest.kernel.Entry;
import aerostat.guest.kernel.Initcalls;

/** The kernel with {@link Agent} in place of the workloads. */
public final class ExploreEntry {
  private ExploreEntry() {}

  public static void start(long bootParams) {
    Entry.run(bootParams, ExploreEntry::init);
  }

  public static void interrupt(int line) {
    Entry.interrupt(line);
  }

  public static void thread(long argument) {
    Entry.thread(argument);
  }

  static int init(long data) {
    Initcalls.run();
    Agent.serve();
    return 0;
  }
}
