package aerostat.tools.mutants;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** The process in which a mutant lives: runs one test and says by its exit code what came out. */
public final class MutantMain {
  static final int PASSED = 0;
  static final int FAILED = 10;
  static final int NOTHING_RAN = 20;

  private MutantMain() {}

  public static void main(String[] args) {
    String[] parts = args[0].split("#", 2);
    DiscoverySelector selector =
        parts.length == 1 ? DiscoverySelectors.selectClass(parts[0]) : method(parts[0], parts[1]);
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request().selectors(selector).build();
    SummaryGeneratingListener summary = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request, summary);
    long failed =
        summary.getSummary().getTestsFailedCount()
            + summary.getSummary().getContainersFailedCount();
    if (failed > 0) {
      summary
          .getSummary()
          .printFailuresTo(new PrintWriter(System.out, true, StandardCharsets.UTF_8), 3);
    }
    // Threads of the mutant may go on for ever.
    Runtime.getRuntime()
        .halt(
            failed > 0
                ? FAILED
                : summary.getSummary().getTestsSucceededCount() > 0 ? PASSED : NOTHING_RAN);
  }

  /** A method by its name, whatever parameters it has. */
  private static DiscoverySelector method(String className, String name) {
    try {
      for (java.lang.reflect.Method method : Class.forName(className).getDeclaredMethods()) {
        if (method.getName().equals(name) && !method.isSynthetic()) {
          return DiscoverySelectors.selectMethod(method.getDeclaringClass(), method);
        }
      }
    } catch (ClassNotFoundException e) {
      throw new IllegalArgumentException(e);
    }
    throw new IllegalArgumentException(className + " has no method " + name);
  }
}
