package aerostat.tools.fuzz.engine;

import aerostat.tools.fuzz.BigStack;
import aerostat.tools.fuzz.BootedGuest;
import aerostat.tools.fuzz.Findings;
import aerostat.tools.fuzz.FuzzFinding;
import aerostat.tools.fuzz.FuzzLog;
import aerostat.tools.fuzz.FuzzTarget;
import aerostat.tools.fuzz.TargetKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One use of {@code aerostat fuzz}.
 *
 * @param corpus inputs worth keeping, read and added to
 * @param imported further inputs to begin with
 * @param exported where the corpus goes in the end, distilled
 * @param seconds how long
 * @param jobs processes of Jazzer
 */
public record FuzzRun(
    TargetKind kind,
    BootedGuest.Setup setup,
    Path corpus,
    @Nullable Path imported,
    @Nullable Path exported,
    Path findings,
    long seconds,
    int jobs,
    int seed) {

  /**
   * With the engine of this process.
   *
   * @return findings
   */
  public int own() {
    return new OwnRun(this).run();
  }

  /**
   * With Jazzer, in processes of their own.
   *
   * @return findings
   */
  public int jazzer() throws IOException {
    Beginning beginning;
    try {
      beginning = BigStack.call(this::beginning);
    } catch (FuzzFinding beforeAnyInput) {
      return keep(beforeAnyInput);
    }
    CorpusFolder.write(corpus, beginning.seeds);
    Path dictionary = null;
    if (!beginning.words.isEmpty()) {
      Files.createDirectories(findings);
      dictionary = findings.resolve(kind.label() + ".dict").toAbsolutePath();
      Files.write(dictionary, DictionaryFile.lines(beginning.words));
    }
    if (imported != null) {
      CorpusFolder.write(corpus, CorpusFolder.read(imported));
    }
    List<JazzerJob> running = new ArrayList<>();
    int found;
    try {
      for (int job = 0; job < jobs; job++) {
        running.add(job(job, dictionary));
      }
      found = JazzerJob.await(running);
    } finally {
      running.forEach(JazzerJob::close);
    }
    if (exported != null) {
      BigStack.call(this::distil);
    }
    return found;
  }

  private JazzerJob job(int job, @Nullable Path dictionary) throws IOException {
    return new JazzerJob(
        findings,
        (left, crashes) ->
            JazzerProcess.start(this, job, left, seed + job + crashes * jobs, dictionary),
        seconds,
        System::nanoTime);
  }

  private record Beginning(List<byte[]> seeds, List<byte[]> words) {}

  private Beginning beginning() {
    try (FuzzTarget target = kind.make(setup)) {
      List<byte[]> seeds = new ArrayList<>();
      target.seeds().forEach(seeds::add);
      return new Beginning(seeds, target.dictionary());
    }
  }

  /**
   * Keeps a finding of a device that fails before there is any input.
   *
   * @return findings
   */
  int keep(FuzzFinding beforeAnyInput) {
    byte[] none = new byte[0];
    Findings.Kept kept =
        new Findings(findings, kind.label(), setup)
            .add(new NeverReady(beforeAnyInput), none, beforeAnyInput, "its start");
    System.out.println(Objects.requireNonNull(kept).line(beforeAnyInput));
    return 1;
  }

  private record NeverReady(FuzzFinding finding) implements FuzzTarget {
    @Override
    public void run(byte[] input, FuzzLog log) {
      throw finding;
    }

    @Override
    public byte[] edges() {
      return new byte[0];
    }
  }

  List<byte[]> first(FuzzTarget target) throws IOException {
    List<byte[]> inputs = new ArrayList<>();
    target.seeds().forEach(inputs::add);
    inputs.addAll(CorpusFolder.read(corpus));
    if (imported != null) {
      inputs.addAll(CorpusFolder.read(imported));
    }
    return inputs;
  }

  private boolean distil() throws IOException {
    try (FuzzTarget target = kind.make(setup)) {
      OwnEngine engine = new OwnEngine(target, seed);
      engine.run(first(target), runs -> false, (input, finding) -> {});
      CorpusFolder.write(Objects.requireNonNull(exported), engine.corpus());
      return true;
    }
  }
}
