package aerostat.tools.fuzz.image;

import aerostat.tools.fuzz.FuzzFinding;
import aerostat.tools.fuzz.FuzzLog;
import aerostat.tools.fuzz.FuzzTarget;
import aerostat.tools.fuzz.InputBytes;
import aerostat.tools.fuzz.Outcomes;
import aerostat.vmm.image.CodeLoader;
import aerostat.vmm.image.Flavour;
import aerostat.vmm.image.GuestImage;
import aerostat.vmm.image.ImageRefusedException;
import aerostat.vmm.image.Refusal;
import aerostat.vmm.image.RewrittenImage;
import aerostat.vmm.image.rewrite.Rewriter;
import aerostat.vmm.machine.HardwareHooks;
import aerostat.vmm.machine.Machine;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Damaged class files: refused with rules, or else they are rewritten, pass the JVM's own
 * verification, reach nothing but what guests may, and run within a budget.
 */
public final class ImageTarget implements FuzzTarget {
  private static final int MOST_EDITS = 12;
  private static final long MEMORY = 2 << 20;
  private static final long POLLS = 300;
  private static final long PATIENCE_SECONDS = 60;

  private final SortedMap<String, byte[]> whole = SampleImage.classes();
  private final GuestImage sample = GuestImage.fromClasses(whole, SampleImage.ENTRY);
  private final Outcomes outcomes = new Outcomes();
  private final InputBytes input = new InputBytes();

  /** The machine of the trial that runs, which another thread may have to end. */
  private volatile @Nullable Machine running;

  @Override
  public void run(byte[] bytes, FuzzLog log) {
    check(damaged(bytes, log), log);
  }

  /** The sample's own class files, by internal name, after what an input does to them. */
  public SortedMap<String, byte[]> damaged(byte[] bytes, FuzzLog log) {
    input.begin(bytes);
    SortedMap<String, byte[]> classes = SampleImage.own(whole);
    Damage damage = new Damage(classes);
    for (int i = 0; i < MOST_EDITS && !input.atEnd(); i++) {
      damage.next(input, log);
    }
    return classes;
  }

  /**
   * Tries the machine's classes with these in the place of the sample's.
   *
   * @throws FuzzFinding when a property does not hold
   */
  public void check(SortedMap<String, byte[]> own, FuzzLog log) {
    SortedMap<String, byte[]> classes = new TreeMap<>(whole);
    classes.keySet().removeAll(SampleImage.OWN);
    classes.putAll(own);
    FutureTask<String> task = new FutureTask<>(() -> trial(classes));
    Thread.ofPlatform().daemon().name("fuzz-image").start(task);
    try {
      String outcome = task.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      outcomes.saw(outcome);
      if (log.on()) {
        log.say(outcome);
      }
    } catch (TimeoutException e) {
      end();
      throw FuzzFinding.hang("neither refused nor at its poll budget after a minute");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof FuzzFinding finding) {
        throw finding;
      }
      throw new FuzzFinding("exception", String.valueOf(e.getCause()), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /**
   * A guest that does not end is ended at its next poll. For the rest, a rewriter or a guest
   * without polls, there is no way: its thread stays, and takes its processor from the inputs that
   * follow.
   */
  private void end() {
    Machine left = running;
    if (left != null) {
      Thread.ofPlatform().daemon().name("fuzz-image-end").start(left::close);
    }
  }

  /** What became of an image; any exception is a finding. */
  private String trial(SortedMap<String, byte[]> classes) {
    RewrittenImage rewritten;
    try {
      GuestImage image = GuestImage.fromClasses(classes, SampleImage.ENTRY);
      if (!GuestImage.decode(image.encode()).classes().keySet().equals(image.classes().keySet())) {
        throw new FuzzFinding("blob", "an image is another after encoding");
      }
      rewritten = Rewriter.rewrite(image, Rewriter.Options.VM);
    } catch (ImageRefusedException refused) {
      String text = String.valueOf(refused.getMessage());
      if (text.contains(Rewriter.INTERNAL_ERROR) || refused.refusals().isEmpty()) {
        throw new FuzzFinding("refusal", text, refused);
      }
      Refusal first = refused.refusals().getFirst();
      return "refused: " + first.rule() + " " + first.method();
    }
    Outside.check(rewritten);
    CodeLoader loader = new CodeLoader(rewritten);
    for (Flavour flavour : Flavour.values()) {
      for (String name : rewritten.classes().getOrDefault(flavour, Map.of()).keySet()) {
        var unused = loader.guestClass(flavour, name); // initialised, so verified
      }
    }
    return "ran: " + run(rewritten);
  }

  private String run(RewrittenImage rewritten) {
    AtomicReference<String> panic = new AtomicReference<>("");
    HardwareHooks hooks =
        new HardwareHooks() {
          @Override
          public RewrittenImage image(RewrittenImage sampleCode) {
            return rewritten; // by this way, not through the cache on disk
          }
        };
    try (Machine machine =
        Machine.builder().memory(MEMORY).image(sample).deterministic(1).hooks(hooks).build()) {
      running = machine;
      machine.onEvent(
          event -> {
            if (event.name().equals("GUEST_PANICKED")) {
              panic.set(event.detail());
            }
          });
      var unused = machine.runUntilPoll(POLLS);
    } finally {
      running = null;
    }
    // Behind the end of the vCPU's thread, which tells of a panic.
    String text = String.valueOf(panic.get());
    if (text.contains("VMM failure")) {
      throw new FuzzFinding("exception", text);
    }
    return text.lines().findFirst().orElse("no panic");
  }

  @Override
  public byte[] edges() {
    return outcomes.counters();
  }

  @Override
  public Iterable<byte[]> seeds() {
    byte own = 0;
    byte edit = Damage.INSTRUCTION;
    return List.of(
        new byte[0],
        new byte[] {own, edit, 3, 9, 0, 4, 0},
        new byte[] {own, edit, 4, 5, 11, 7, 0},
        new byte[] {own, edit, 6, 12, 9, 20, 1},
        new byte[] {own, edit, 7, 3, 2, 0, 0},
        new byte[] {own, Damage.BYTE, 100, 2, 7},
        new byte[] {7, 1, edit, 1, 2, 1, 3, 0});
  }
}
