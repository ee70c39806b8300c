package aerostat.tools.bench.migration.goals;

import aerostat.tools.bench.stats.Disturbance;
import aerostat.tools.child.ChildFailure;
import java.io.IOException;
import java.util.Locale;
import java.util.function.Consumer;

/** What all groups of goals need. */
record GoalContext(GoalSettings settings, Disturbance disturbance, Consumer<String> progress) {
  /** Repeats what the host disturbed. */
  <T> T measured(Disturbance.Run<T, Exception> run) throws IOException, ChildFailure {
    return disturbance.measureProcesses(run);
  }

  @SuppressWarnings("AnnotateFormatMethod")
  void tell(String format, Object... values) {
    progress.accept(String.format(Locale.ROOT, format, values));
  }
}
