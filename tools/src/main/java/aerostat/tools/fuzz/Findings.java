package aerostat.tools.fuzz;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
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
 * one signature in one setup are one finding, also between processes that share the folder. One is
 * there when its {@code finding.txt} is.
 */
public final class Findings {
  private static final int MINIMIZING_RUNS = 2_000;

  /** With one more run it must stay below what an engine gives an input ({@link Watch}). */
  private static final Duration MINIMIZING_TIME = Duration.ofSeconds(60);

  private final Path folder;
  private final String target;
  private final BootedGuest.Setup setup;
  private final Set<String> told = new HashSet<>();

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

  /**
   * Where a finding lies.
   *
   * @param fresh whether it was not there before
   */
  public record Kept(Path place, boolean fresh) {
    /** For the user. */
    public String line(FuzzFinding finding) {
      return "FINDING " + finding.getMessage() + (fresh ? " in " + place : known());
    }

    private String known() {
      return " (known, in " + place + ")";
    }
  }

  /** Signatures seen here. */
  public int count() {
    return told.size();
  }

  /**
   * Keeps a finding, unless its like is there. Whoever wants the edges of its input reads them
   * before.
   *
   * @param how the engine and seed that found it
   * @return null if this object was given its like before
   */
  public @Nullable Kept add(FuzzTarget fuzzed, byte[] input, FuzzFinding finding, String how) {
    String signature = finding.signature();
    if (!told.add(signature)) {
      return null;
    }
    byte[] guilty = finding.input() == null ? input : finding.input();
    Path place = place(signature);
    if (Files.exists(place.resolve("finding.txt"))) {
      return new Kept(place, false);
    }
    try {
      // At once, so that it is not lost with this process.
      Files.createDirectories(place);
      Files.write(place.resolve("input"), guilty);
      Path begun = place.resolve("finding-" + ProcessHandle.current().pid());
      Files.writeString(begun, text(signature, finding, how));
      Files.move(begun, place.resolve("finding.txt"), StandardCopyOption.REPLACE_EXISTING);
      if (finding.slow()) {
        Files.write(
            place.resolve("trace.txt"), List.of("not run again, for it takes so long: --replay"));
      } else {
        fuzzed.compareEachReset(finding.property().equals(ResetCheck.PROPERTY));
        shorten(fuzzed, guilty, signature, place);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Kept(place, true);
  }

  private void shorten(FuzzTarget fuzzed, byte[] input, String signature, Path place)
      throws IOException {
    byte[] minimal =
        new Minimizer(fuzzed, signature, System::nanoTime)
            .minimize(input, MINIMIZING_RUNS, MINIMIZING_TIME);
    List<String> trace = trace(fuzzed, minimal);
    // What these runs passed is not the next input's. A folder that knows the finding sees none of
    // them, so the same seed would go on otherwise there.
    Arrays.fill(fuzzed.edges(), (byte) 0);
    Files.write(place.resolve("minimal"), minimal);
    Files.write(place.resolve("trace.txt"), trace);
  }

  /** Another setup's finding is another one: its device or driver may be. */
  private Path place(String signature) {
    CRC32 crc = new CRC32();
    crc.update(signature.getBytes(StandardCharsets.UTF_8));
    SetupText.lines(setup).forEach(line -> crc.update(line.getBytes(StandardCharsets.UTF_8)));
    return folder.resolve("%s-%08x".formatted(target, crc.getValue()));
  }

  private String text(String signature, FuzzFinding finding, String how) {
    StringWriter stack = new StringWriter();
    finding.printStackTrace(new PrintWriter(stack, true));
    return "target: %s%nsignature: %s%nfound by: %s%n%s%n%n%s%n"
        .formatted(
            target,
            signature.lines().findFirst().orElse(""),
            how,
            String.join(System.lineSeparator(), SetupText.lines(setup)),
            stack);
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
    target.compareEachReset(true);
    try {
      target.run(input, log);
      lines.add("every property holds");
    } catch (FuzzFinding finding) {
      lines.add("FINDING " + finding.getMessage());
    } finally {
      target.compareEachReset(false);
    }
    return lines;
  }
}
