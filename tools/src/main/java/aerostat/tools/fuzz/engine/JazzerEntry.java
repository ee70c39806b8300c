package aerostat.tools.fuzz.engine;

import aerostat.tools.fuzz.BootedGuest;
import aerostat.tools.fuzz.Findings;
import aerostat.tools.fuzz.FuzzFinding;
import aerostat.tools.fuzz.FuzzLog;
import aerostat.tools.fuzz.FuzzTarget;
import aerostat.tools.fuzz.SetupText;
import aerostat.tools.fuzz.TargetKind;
import com.code_intelligence.jazzer.api.Jazzer;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What Jazzer calls in its process. Edges of guest code, which its agent does not see, are handed
 * to it as states. A finding is stored and minimised here, and the run goes on.
 */
public final class JazzerEntry {
  static final String TARGET = "aerostat.fuzz.target";
  static final String FINDINGS = "aerostat.fuzz.findings";
  static final String SETUP = "aerostat.fuzz.setup";

  private static final int EDGES_OF_ID = 32;

  private static @Nullable FuzzTarget target;
  private static @Nullable Findings findings;

  private JazzerEntry() {}

  /** Jazzer's hook, once. */
  public static void fuzzerInitialize() {
    String name = System.getProperty(TARGET, "device");
    BootedGuest.Setup setup = SetupText.parse(System.getProperty(SETUP, "").lines().toList());
    target = TargetKind.of(name).make(setup);
    findings = new Findings(Path.of(System.getProperty(FINDINGS, "findings")), name, setup);
  }

  /** Jazzer's hook, for each input. */
  public static void fuzzerTestOneInput(byte[] input) {
    FuzzTarget fuzzed = Objects.requireNonNull(target);
    FuzzFinding broken = null;
    try {
      fuzzed.run(input, FuzzLog.OFF);
    } catch (FuzzFinding finding) {
      broken = finding;
    }
    report(fuzzed.edges());
    if (broken != null) {
      Findings.Kept kept = Objects.requireNonNull(findings).add(fuzzed, input, broken, "jazzer");
      if (kept != null) {
        System.out.println(kept.line(broken));
      }
    }
  }

  private static void report(byte[] edges) {
    for (int i = 0; i < edges.length; i++) {
      if (edges[i] != 0) {
        Jazzer.exploreState(state(i, edges[i]), id(i));
        edges[i] = 0;
      }
    }
  }

  /**
   * Edges share ids: libFuzzer has room for 4,096 that count, does not look, and dies of more; and
   * each has counters for {@link #EDGES_OF_ID} edges.
   */
  static int id(int edge) {
    return edge / EDGES_OF_ID;
  }

  /** The magnitude of an edge's count, in a counter of its own. */
  static byte state(int edge, byte count) {
    int magnitude = 31 - Integer.numberOfLeadingZeros(count & 0xff);
    return (byte) (edge % EDGES_OF_ID << 3 | magnitude);
  }
}
