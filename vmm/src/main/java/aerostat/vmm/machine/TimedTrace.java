package aerostat.vmm.machine;

import aerostat.mmio.trace.Trace;
import java.util.function.LongSupplier;

/** Puts the virtual time before each line. */
record TimedTrace(Trace sink, LongSupplier polls) implements Trace {
  @Override
  public boolean on() {
    return sink.on();
  }

  @Override
  public void event(String line) {
    sink.event("@" + polls.getAsLong() + " " + line);
  }
}
