package aerostat.vmm.image.rewrite;

import aerostat.vmm.image.Flavour;
import aerostat.vmm.image.FrameLayout;
import aerostat.vmm.image.GuestImage;
import aerostat.vmm.image.ImageRefusedException;
import aerostat.vmm.image.Refusal;
import aerostat.vmm.image.ResumeTable;
import aerostat.vmm.image.RewrittenImage;
import aerostat.vmm.image.Rule;
import aerostat.vmm.image.erase.ErasedMethod;
import aerostat.vmm.image.erase.ErasedProgram;
import aerostat.vmm.image.erase.Owners;
import aerostat.vmm.image.verify.ImageModel;
import aerostat.vmm.image.verify.Refusals;
import aerostat.vmm.image.verify.VerifiedImage;
import aerostat.vmm.image.verify.Verifier;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Verifies, erases and rewrites an image. No cache; see {@code Images} for that. */
public final class Rewriter {
  /** Begins the refusal of an image that the rewriter itself failed on. */
  public static final String INTERNAL_ERROR = "internal error of the rewriter: ";

  private static final Logger LOG = LoggerFactory.getLogger(Rewriter.class);

  /** Slots of all frames' layouts, which the resume table has; the guest kernel has 2,700. */
  private static final long MAX_SLOTS = 1_000_000;

  private final Options options;
  private final Refusals refusals = new Refusals();
  private final Map<Integer, ResumableMethod> resumable = new TreeMap<>();

  private Rewriter(Options options) {
    this.options = options;
  }

  /**
   * What to leave out, for benchmarks.
   *
   * @param polls false: no polls, no resume code, no depth checks; the guest cannot be stopped
   * @param plainOwner internal name of the class with the plain flavour's intrinsics
   */
  public record Options(boolean polls, String plainOwner) {
    /** What a VM runs. */
    public static final Options VM = new Options(true, Owners.INTRINSICS);
  }

  /**
   * Rewrites.
   *
   * @throws ImageRefusedException if the image breaks a rule
   */
  public static RewrittenImage rewrite(GuestImage image, Options options) {
    try {
      return new Rewriter(options).run(image);
    } catch (ImageRefusedException e) {
      throw e;
    } catch (OutOfMemoryError e) {
      throw new ImageRefusedException(
          new Refusal(Rule.LIMITS, "", "", 0, "the VMM's heap is too small for this image", ""));
    } catch (RuntimeException | StackOverflowError e) {
      // A fault of ours. The image may come from a stream: it must not take the VMM with it.
      LOG.error("the rewriter failed on an image", e);
      throw new ImageRefusedException(
          new Refusal(Rule.VERIFICATION, "", "", 0, INTERNAL_ERROR + e, "report this image"));
    }
  }

  private RewrittenImage run(GuestImage image) {
    VerifiedImage verified = Verifier.verify(image);
    ImageModel model = verified.model();
    ErasedProgram program = ErasedProgram.of(verified, refusals);
    refusals.throwIfAny();
    List<MethodPlan> plans = new ArrayList<>();
    LoopWork work = new LoopWork(refusals);
    for (ErasedMethod m : program.methods()) {
      plans.add(new MethodPlan(program, m, work, options.polls));
    }
    int start = program.entry(model, "start", "(J)V").id();
    int interrupt = program.entry(model, "interrupt", "(I)V").id();
    int thread = program.entry(model, "thread", "(J)V").id();
    CallGraph graph = new CallGraph(program, plans);
    if (options.polls) {
      graph.settle(refusals);
      refusals.throwIfAny();
      for (int entry : new int[] {start, interrupt, thread}) {
        plans.get(entry - 1).resumable = true; // the dispatcher enters them by a frame
      }
      for (MethodPlan p : plans) {
        new PollInsertion(p).insert();
      }
      long slots = 0;
      for (MethodPlan p : plans) {
        if (p.resumable) {
          ResumableMethod r = new ResumableMethod(program, plans, p.method, refusals);
          resumable.put(p.method.id() - 1, r);
          slots += r.slots();
          refuseSlots(slots, image.entryClass());
        }
      }
      refusals.throwIfAny();
    }
    StackBound bound = new StackBound(graph, plans.size(), resumable);
    int reserve = bound.reserve(start - 1, thread - 1, interrupt - 1);
    long hostStack = bound.hostStack();
    boolean recursion = plans.stream().anyMatch(p -> p.cyclic);
    bound.check(reserve, hostStack, recursion, image.entryClass(), refusals);
    refusals.throwIfAny();

    ProgramEmitter emitter = new ProgramEmitter(program, plans, resumable, options, refusals);
    Map<Flavour, Map<String, byte[]>> classes = new EnumMap<>(Flavour.class);
    for (Flavour flavour : Flavour.values()) {
      classes.put(flavour, emitter.emit(flavour));
    }
    refusals.throwIfAny();
    RewrittenImage result =
        new RewrittenImage(
            image,
            classes,
            emitter.shared(),
            table(plans, reserve),
            start,
            interrupt,
            thread,
            hostStack,
            emitter.reports());
    LinkCheck.check(result, refusals);
    refusals.throwIfAny();
    return result;
  }

  private void refuseSlots(long slots, String entryClass) {
    if (slots > MAX_SLOTS) {
      refusals.add(
          Rule.LIMITS,
          entryClass,
          "",
          0,
          "variables alive at places to stop at, summed over the image, exceed " + MAX_SLOTS,
          "keep fewer variables alive over calls and loops");
      refusals.throwIfAny();
    }
  }

  private ResumeTable table(List<MethodPlan> plans, int reserve) {
    List<ResumeTable.Method> methods = new ArrayList<>();
    for (MethodPlan p : plans) {
      ErasedMethod m = p.method;
      ResumableMethod r = resumable.get(m.id() - 1);
      List<FrameLayout> layouts = r == null ? List.of() : r.layouts();
      methods.add(
          new ResumeTable.Method(
              m.id(),
              m.owner().dottedName(),
              m.sourceName(),
              m.name(),
              m.descriptor(),
              m.sourceFile(),
              p.cyclic && r != null ? r.maxBytes() : 0,
              layouts));
    }
    return new ResumeTable(methods, reserve);
  }
}
