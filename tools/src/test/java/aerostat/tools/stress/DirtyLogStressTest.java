package aerostat.tools.stress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.collectors.TestResult;

/**
 * Runs jcstress for some seconds over the dirty log's forms and over two that look as good and are
 * not. For a longer look run {@code org.openjdk.jcstress.Main -t aerostat.tools.stress} on the
 * class path of this module's tests.
 *
 * <p>That the forms in use lose nothing is asserted. That the wrong forms lose is chance on a given
 * machine, though on two x86 cores they did by the thousand: where one does not, the test counts as
 * skipped, and says so.
 */
class DirtyLogStressTest {
  @Test
  void theFormsInUseLoseNothing(@TempDir Path dir) throws Exception {
    Map<String, TestResult> results = Jcstress.run(dir, "aerostat.tools.stress", 3, 300);

    assertThat(results.keySet())
        .contains("ReleaseMarkSwapHarvest", "ReleaseMarkLogHarvest")
        .contains("LateMarkLogHarvest", "FenceMarkSwapHarvest", "FenceMarkStripHarvest")
        .contains("PlainClearHarvest", "MarkOnlyIfClear");
    results.forEach(
        (name, result) -> {
          long total = result.getTotalCount();
          long lost = lost(result);
          System.out.printf("jcstress: %s lost %d of %d%n", name, lost, total);
          assertThat(result.status()).as("status of %s", name).isEqualTo(Status.NORMAL);
          assertThat(total).as("samples of %s", name).isPositive();
          if (isOurs(name)) {
            assertThat(lost).as("writes lost by %s", name).isZero();
          }
        });
    results.forEach(
        (name, result) ->
            assumeThat(isOurs(name) || lost(result) > 0)
                .as("%s lost a write on this machine", name)
                .isTrue());
  }

  private static boolean isOurs(String name) {
    return name.startsWith("ReleaseMark")
        || name.startsWith("LateMark")
        || name.startsWith("FenceMark");
  }

  /** Outcomes of a write that was neither sent nor logged: a 0 for either page. */
  private static long lost(TestResult result) {
    return result.getStateKeys().stream()
        .filter(key -> key.contains("0"))
        .mapToLong(result::getCount)
        .sum();
  }
}
