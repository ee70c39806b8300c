package aerostat.tools;

import aerostat.tools.bench.BenchCommand;
import aerostat.tools.demo.DemoCommand;
import aerostat.tools.explore.ExploreCommand;
import aerostat.tools.fuzz.FuzzCommand;
import aerostat.tools.interop.InteropCommand;
import aerostat.vmm.cli.CommandProvider;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/** The commands that this module adds to {@code aerostat}. */
public final class ToolCommands implements CommandProvider {
  @Override
  public Map<String, Supplier<Callable<Integer>>> commands() {
    return Map.of(
        "bench", BenchCommand::new,
        "demo", DemoCommand::new,
        "explore", ExploreCommand::new,
        "fuzz", FuzzCommand::new,
        "interop", InteropCommand::new);
  }
}
