package aerostat.vmm.image.rewrite;

import aerostat.vmm.image.IntrinsicTable;
import aerostat.vmm.image.erase.ErasedMethod;
import aerostat.vmm.image.erase.ErasedProgram;
import aerostat.vmm.image.erase.Owners;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;

/** What is known of one method before any code is changed: its loops, its calls, its polls. */
final class MethodPlan {
  /** Trips of a loop between two polls. */
  static final int CHUNK = 1024;

  /** Credit of a method's other loops between two polls. */
  static final int CREDIT = 256;

  /** What a trip costs of that credit if it runs inner loops or stoppable methods. */
  static final int HEAVY = 16;

  private static final int SHORT_TRIPS = 64;
  private static final int SHORT_PRODUCT = 4096;

  /** How a loop is kept from running for ever. */
  enum Guard {
    /** So few trips that no poll is needed. */
    NONE,
    /** Cut into stretches, a poll between two of them. */
    STRIP,
    /** Takes from the method's credit; a poll when it is used up. */
    CREDIT,
    /** A poll every trip. */
    EVERY,
    /** Counts against the promise of {@code @Bounded}. */
    BOUND
  }

  /** A loop and its guard. */
  static final class LoopPlan {
    final Loop loop;
    final @Nullable CountedLoop counted;
    Guard guard;
    int weight = 1;

    /** Trips of this loop and the guard-free loops inside it, at most; 1 if it has a guard. */
    long product = 1;

    /** Trips if they are constant, else −1. */
    final long constantTrips;

    LoopPlan(Flow flow, Loop loop, @Nullable CountedLoop counted) {
      this.loop = loop;
      this.counted = counted;
      guard = Guard.NONE;
      constantTrips = counted == null ? -1 : counted.constantTrips(flow, loop);
    }
  }

  final ErasedMethod method;
  final Flow flow;
  final List<LoopPlan> loops = new ArrayList<>();
  final List<ErasedMethod> callees = new ArrayList<>();
  private final Map<Loop, LoopPlan> byLoop = new HashMap<>();

  /** For each instruction the smallest loop around it, or null. */
  private final @Nullable Loop[] innermost;

  boolean leaves;
  boolean entryPoll;

  /** Whether the entry poll looks for requests itself, because so much lies between two. */
  boolean attentive;

  boolean cyclic;

  /** Where a method of a cycle polls and takes its bytes of the stack. */
  @Nullable EntryPoint entry;

  boolean resumable;
  long cost;

  MethodPlan(ErasedProgram program, ErasedMethod method, LoopWork work, boolean polls) {
    this.method = method;
    flow = new Flow(method.code().instructions);
    List<Loop> found = Loop.find(flow, method, work);
    for (Loop loop : found) {
      CountedLoop counted = CountedLoop.match(flow, loop, found);
      LoopPlan plan = new LoopPlan(flow, loop, counted);
      byLoop.put(loop, plan);
      loops.add(plan);
    }
    innermost = new Loop[flow.size()];
    for (int l = found.size() - 1; l >= 0; l--) {
      Loop loop = found.get(l);
      loop.body().stream().forEach(i -> innermost[i] = loop);
    }
    for (int i = 0; i < flow.size(); i++) {
      AbstractInsnNode n = flow.node(i);
      ErasedMethod callee = program.callee(n);
      if (callee != null) {
        callees.add(callee);
      }
      IntrinsicTable.Intrinsic intrinsic = intrinsic(n);
      if (intrinsic != null && intrinsic.leaves()) {
        leaves = true;
      }
    }
    if (polls) {
      loops.forEach(this::choose);
    }
  }

  /** The intrinsic that this instruction calls, or null. */
  static IntrinsicTable.@Nullable Intrinsic intrinsic(AbstractInsnNode n) {
    return n instanceof MethodInsnNode call && call.owner.equals(Owners.INTRINSICS)
        ? IntrinsicTable.byName(call.name)
        : null;
  }

  private void choose(LoopPlan plan) {
    if (method.bound() >= 0) {
      plan.guard = Guard.BOUND;
      return;
    }
    Loop loop = plan.loop;
    boolean guarded = false;
    long inner = 1;
    boolean loops = false;
    for (LoopPlan other : this.loops) {
      if (other != plan && loop.body().get(other.loop.header())) {
        loops = true;
        guarded |= other.guard != Guard.NONE;
        inner = Math.max(inner, other.product);
      }
    }
    if (hasBlock(loop)) {
      plan.guard = Guard.EVERY;
      return;
    }
    long trips = plan.constantTrips;
    if (trips >= 0 && trips <= SHORT_TRIPS && !guarded && trips * inner <= SHORT_PRODUCT) {
      plan.product = Math.max(1, trips * inner);
      return;
    }
    boolean strip = plan.counted != null && !guarded && inner <= SHORT_TRIPS && canStrip(plan);
    plan.guard = strip ? Guard.STRIP : Guard.CREDIT;
    plan.weight = strip ? (int) inner : loops ? HEAVY : 1;
  }

  /** Whether the loop's code is not entered from its own last instruction by falling into it. */
  private boolean canStrip(LoopPlan plan) {
    int header = plan.loop.header();
    return header == 0
        || !Flow.fallsThrough(flow.node(header - 1))
        || !plan.loop.body().get(header - 1);
  }

  private boolean hasBlock(Loop loop) {
    for (int i = loop.body().nextSetBit(0); i >= 0; i = loop.body().nextSetBit(i + 1)) {
      IntrinsicTable.Intrinsic intrinsic = intrinsic(flow.node(i));
      if (intrinsic != null && intrinsic.block() && innermost[i] == loop) {
        return true;
      }
    }
    return false;
  }

  /** The smallest loop around an instruction, or null. */
  @Nullable LoopPlan innermostPlan(int index) {
    Loop loop = innermost[index];
    return loop == null ? null : byLoop.get(loop);
  }

  /** The smallest loop around this one, or null. */
  @Nullable LoopPlan outer(LoopPlan l) {
    Loop outer = l.loop.outer();
    return outer == null ? null : byLoop.get(outer);
  }

  /** Passes through a loop's header between two of its polls, at most; saturates. */
  long trips(LoopPlan l) {
    return switch (l.guard) {
      case NONE -> Math.max(1, l.constantTrips);
      case STRIP -> CHUNK / l.weight;
      case CREDIT -> CREDIT / l.weight;
      case EVERY -> 1;
      case BOUND -> method.bound() + 1L;
    };
  }

  /** Whether the code itself holds a poll. */
  boolean polls() {
    return entryPoll
        || loops.stream().anyMatch(l -> l.guard != Guard.NONE && l.guard != Guard.BOUND);
  }

  /** Most passes of an instruction between two polls of its loops; saturates. */
  long passes(int index) {
    long passes = 1;
    for (LoopPlan l : loops) {
      if (l.loop.body().get(index)) {
        long trips = trips(l);
        passes = l.guard == Guard.BOUND ? trips : Math.min(passes * trips, Integer.MAX_VALUE);
      }
    }
    return passes;
  }
}
