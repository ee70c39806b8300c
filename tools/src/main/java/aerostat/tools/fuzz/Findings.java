package aerostat.tools.fuzz;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * A folder of findings, one folder each: {@code input} as it came, {@code minimal} as short as it
 * became, {@code finding.txt} with the property, {@code trace.txt} with the events. Findings with
 * one signature are one finding, also between processes that share the folder.
 */
public final class Findings {
  private static final int MINIMIZING_RUNS = 2_000;

  private final Path folder;
  private final String target;
  private final BootedGuest.Setup setup;
  private final Set<String> known = new HashSet<>();

  public Findings(Path folder, String target) {
    this(folder, target, BootedGuest.Setup.DEFAULT);
  }

  /**
   * @param setup without which a finding may not be one
   */
  public Findings(Path folder, String target, BootedGuest.Setup setup) {
    this.folder = folder;
    this.target = target;
    this.setup = setup;
  }

  /** Signatures seen here. */
  public int count() {
    return known.size();
  }

  /**
   * Keeps a finding, unless its like is there. Whoever wants the edges of its input reads them
   * before.
   *
   * @param how the engine and seed that found it
   * @return its folder if it is new, else null
   */
  public @Nullable Path add(FuzzTarget fuzzed, byte[] input, FuzzFinding finding, String how) {
    String signature = finding.signature();
    if (!known.add(signature)) {
      return null;
    }
    CRC32 crc = new CRC32();
    crc.update(signature.getBytes(StandardCharsets.UTF_8));
    Path place = folder.resolve("%s-%08x".formatted(target, crc.getValue()));
    try {
      Files.createDirectories(folder);
      Files.createDirectory(place);
    } catch (FileAlreadyExistsException another) {
      return null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    byte[] minimal = new Minimizer(fuzzed, signature).minimize(input, MINIMIZING_RUNS);
    List<String> trace = trace(fuzzed, minimal);
    // What these runs passed is not the next input's. A folder that knows the finding sees none of
    // them, so the same seed would go on otherwise there.
    Arrays.fill(fuzzed.edges(), (byte) 0);
    try {
      Files.write(place.resolve("input"), input);
      Files.write(place.resolve("minimal"), minimal);
      Files.writeString(
          place.resolve("finding.txt"),
          "target: %s%nsignature: %s%nfound by: %s%n%s%n%n%s%n"
              .formatted(
                  target,
                  signature,
                  how,
                  String.join(System.lineSeparator(), SetupText.lines(setup)),
                  describe(finding)));
      Files.write(place.resolve("trace.txt"), trace);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return place;
  }

  private static String describe(FuzzFinding finding) {
    StringWriter text = new StringWriter();
    finding.printStackTrace(new PrintWriter(text, true));
    return text.toString();
  }

  /** The events of an input, and how it ended. */
  public static List<String> trace(FuzzTarget target, byte[] input) {
    List<String> lines = new ArrayList<>();
    FuzzLog log =
        new FuzzLog() {
          @Override
          public boolean on() {
            return true;
          }

          @Override
          public void say(String event) {
            lines.add(event);
          }
        };
    try {
      target.run(input, log);
      lines.add("every property holds");
    } catch (FuzzFinding finding) {
      lines.add("FINDING " + finding.getMessage());
    }
    return lines;
  }
}
